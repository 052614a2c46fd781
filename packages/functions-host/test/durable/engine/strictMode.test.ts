import { describe, expect, it } from 'vitest';

import { EngineUnderTest, type TestApp } from '../engineUnderTest.js';
import { activities, secondsAfter, entityId } from './sampleFunctions.js';

describe('strict mode', () => {
  const orchestrators: TestApp['orchestrators'] = {
    *unknown({ df }) {
      yield df.callActivity('nowhere');
    },
    *text() {
      // What is thrown here is the point of the test.
      // oxlint-disable-next-line typescript/only-throw-error
      throw 'bare text';
    },
    *boolean({ df }) {
      yield df.callActivity('say', true);
    },
    *held({ df }) {
      yield df.Task.any([df.callActivity('say', 1), df.createTimer(secondsAfter(df.currentUtcDateTime, 60))]);
    },
  };

  it.each([
    ['unknown', "calls the activity 'nowhere', which does not exist"],
    ['text', 'threw a value that is not an Error'],
    ['boolean', "gives the activity 'say' a boolean"],
    ['held', 'stays Running until its timers fire'],
  ])('fails an orchestration that would otherwise only warn: %s', async (name, reason) => {
    const engine = new EngineUnderTest({ activities, orchestrators }, { strict: true });
    await engine.start(name, 'one');
    const status = await engine.ended('one');

    expect(status['runtimeStatus']).toBe('Failed');
    expect(status['output']).toContain(reason);
  });

  it('refuses a sub-orchestration with the id of a running instance, which continues', async () => {
    const engine = new EngineUnderTest(
      {
        orchestrators: {
          *waits({ df }) {
            return yield df.waitForExternalEvent('go');
          },
          *parent({ df }) {
            return yield df.callSubOrchestrator('waits', null, 'shared');
          },
        },
      },
      { strict: true },
    );
    await engine.start('waits', 'shared');
    await engine.runUntilIdle();
    await engine.start('parent', 'p');

    expect((await engine.ended('p'))['output']).toContain("with the id 'shared' of a running instance");
    await engine.raise('shared', 'go', 1);
    expect(await engine.output('shared')).toBe(1);
  });

  it('refuses a signal that would reach another entity because of a capital letter', async () => {
    const engine = new EngineUnderTest(
      {
        entities: {
          Teller({ df }) {
            df.signalEntity(entityId('Teller', 'other'), 'noted');
            df.return('told');
          },
        },
      },
      { strict: true },
    );
    await engine.client.signalEntity({ name: 'Teller', key: 'k' }, 'tell', null);
    await engine.advance(1000);

    expect([...engine.hub.instances.keys()]).toEqual(['@teller@k']);
    expect(engine.warnings.join()).toMatch(/signals '@Teller@other'/);
  });

  it('is off by default: the same orchestrations stay Running, or continue', async () => {
    const engine = new EngineUnderTest({ activities, orchestrators });
    for (const name of ['unknown', 'text', 'boolean', 'held']) await engine.start(name, name);
    await engine.runUntilIdle();

    expect(['unknown', 'text', 'boolean', 'held'].map((id) => engine.instance(id).status)).toEqual([
      'Running',
      'Running',
      'Completed',
      'Running',
    ]);
    expect(engine.warnings).toHaveLength(4);
  });
});
