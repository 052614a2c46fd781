import { describe, expect, it } from 'vitest';

import { EngineUnderTest, type Orchestrator, type TestApp } from '../engineUnderTest.js';
import { secondsAfter } from './sampleFunctions.js';

describe('retries', () => {
  const withFailures = (failures: number, options: object): Orchestrator =>
    function* ({ df }) {
      return yield df.callActivityWithRetry('flaky', options, failures);
    };
  const flaky = (): ((failures: unknown) => string) => {
    let attempts = 0;
    return (failures) => {
      attempts += 1;
      if (attempts <= Number(failures)) throw new Error(`attempt ${attempts}`);
      return `done at ${attempts}`;
    };
  };
  const options = { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts: 4 };

  it('wait longer each time, up to the maximum interval', async () => {
    const engine = new EngineUnderTest({
      activities: { flaky: flaky() },
      orchestrators: {
        again: withFailures(3, { ...options, backoffCoefficient: 2, maxRetryIntervalInMilliseconds: 3000 }),
      },
    });
    await engine.start('again', 'one');
    const status = await engine.ended('one');
    const timers = (status['historyEvents'] as { EventType: string; FireAt: string; Timestamp: string }[]).filter(
      ({ EventType }) => EventType === 'TimerCreated',
    );

    expect(status['output']).toBe('done at 4');
    expect(timers.map(({ FireAt, Timestamp }) => Date.parse(FireAt) - Date.parse(Timestamp))).toEqual([
      1000, 2000, 3000,
    ]);
  });

  it('end with a timer after the last attempt, without which the SDK would wait for ever', async () => {
    const engine = new EngineUnderTest({
      activities: { flaky: flaky() },
      orchestrators: { again: withFailures(9, { ...options, maxNumberOfAttempts: 2 }) },
    });
    await engine.start('again', 'one');
    const status = await engine.ended('one');

    expect(status['runtimeStatus']).toBe('Failed');
    expect(engine.eventTypes('one').filter((type) => type === 'TimerFired')).toHaveLength(2);
  });

  it('that exceed their timeout leave the orchestration waiting, with a warning', async () => {
    const engine = new EngineUnderTest({
      activities: { flaky: flaky() },
      orchestrators: { again: withFailures(9, { ...options, retryTimeoutInMilliseconds: 1 }) },
    });
    await engine.start('again', 'one');
    await engine.advance(60_000);

    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/'one'.*retryTimeoutInMilliseconds of 'flaky' has run out.*Cure/);
  });
});

describe('timers', () => {
  it('of ten days consist of several, and fire at their time', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *late({ df }) {
          const from = df.currentUtcDateTime;
          yield df.createTimer(secondsAfter(from, 10 * 24 * 3600));
          return df.currentUtcDateTime.getTime() - from.getTime();
        },
      },
    });
    await engine.start('late', 'one');

    expect(await engine.output('one')).toBe(10 * 24 * 3600 * 1000);
    expect(engine.eventTypes('one').filter((type) => type === 'TimerFired').length).toBeGreaterThan(2);
  });

  it('may fire up to a second early on request, like those of a storage queue', async () => {
    const orchestrators: TestApp['orchestrators'] = {
      *soon({ df }) {
        const from = df.currentUtcDateTime;
        yield df.createTimer(new Date(from.getTime() + 2900));
        return df.currentUtcDateTime.getTime() - from.getTime();
      },
    };
    const early = new EngineUnderTest({ orchestrators }, { earlyTimers: true });
    const exact = new EngineUnderTest({ orchestrators });
    await early.start('soon', 'one');
    await exact.start('soon', 'one');

    expect(await early.output('one')).toBe(2000);
    expect(await exact.output('one')).toBe(2900);
  });

  it('that still run keep a returned orchestration open, with a warning', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *raced({ df }) {
          const event = df.waitForExternalEvent('go');
          yield df.Task.any([event, df.createTimer(secondsAfter(df.currentUtcDateTime, 3600))]);
          return 'event';
        },
      },
    });
    await engine.start('raced', 'one');
    await engine.runUntilIdle();
    await engine.raise('one', 'go', 1);
    await engine.advance(3_000_000);
    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/stays Running until its timers fire: 2026-01-01T01:00:00/);

    expect(await engine.output('one')).toBe('event');
  });

  it('that were cancelled let a returned orchestration complete', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *raced({ df }) {
          const timer = df.createTimer(secondsAfter(df.currentUtcDateTime, 3600));
          yield df.Task.any([df.waitForExternalEvent('go'), timer]);
          timer.cancel();
          return 'event';
        },
      },
    });
    await engine.start('raced', 'one');
    await engine.runUntilIdle();
    await engine.raise('one', 'go', 1);
    await engine.runUntilIdle();

    expect(engine.instance('one').status).toBe('Completed');
    expect(engine.warnings).toEqual([]);
  });
});
