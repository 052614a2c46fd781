import { describe, expect, it } from 'vitest';

import { EngineUnderTest } from '../engineUnderTest.js';
import { secondsAfter } from './sampleFunctions.js';

describe('events', () => {
  it('that come before they are awaited are kept in order', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *late({ df }) {
          yield df.createTimer(secondsAfter(df.currentUtcDateTime, 10));
          return [yield df.waitForExternalEvent('go'), yield df.waitForExternalEvent('go')];
        },
      },
    });
    await engine.start('late', 'one');
    await engine.raise('one', 'go', 1);
    await engine.raise('one', 'go', 2);

    expect(await engine.output('one')).toEqual([1, 2]);
  });

  it('are delivered to an orchestration that was accepted and has not started', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *waits({ df }) {
          return yield df.waitForExternalEvent('go');
        },
      },
    });
    const started = engine.start('waits', 'one');
    const raised = engine.raise('one', 'go', 'early');
    await Promise.all([started, raised]);

    expect(await engine.output('one')).toBe('early');
  });

  it('that are unread when an orchestration continues as new are dropped, with a warning', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *collects({ df }) {
          const seen = (df.getInput() as number[] | null) ?? [];
          if (seen.length === 0) yield df.createTimer(secondsAfter(df.currentUtcDateTime, 10));
          seen.push(yield df.waitForExternalEvent('go'));
          if (seen.length < 2) {
            df.continueAsNew(seen);
            return undefined;
          }
          return seen;
        },
      },
    });
    await engine.start('collects', 'one');
    await engine.runUntilIdle();
    for (const value of [1, 2, 3]) await engine.raise('one', 'go', value);
    await engine.advance(60_000);
    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/continues as new with unread events \(go\); they are dropped/);
    await engine.raise('one', 'go', 4);

    expect(await engine.output('one')).toEqual([1, 4]);
  });
});
