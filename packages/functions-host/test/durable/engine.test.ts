import { describe, expect, it } from 'vitest';

import { EngineUnderTest, type Orchestrator, type TestApp } from './engineUnderTest.js';

const seconds = (time: Date, count: number): Date => new Date(time.getTime() + count * 1000);
const counter = (key: string, name = 'Counter'): object => ({ name, key });

/** Types of the events of an instance, with ids of what they schedule. */
function historyOf(engine: EngineUnderTest, id: string): string[] {
  const events = engine.status(id)['historyEvents'] as { EventType: string }[];
  return events.map(({ EventType }) => EventType);
}

const activities: TestApp['activities'] = {
  say: (name) => `hello ${String(name)}`,
  fail: (message) => {
    throw new Error(String(message));
  },
};

describe('an orchestration', () => {
  it('runs its activities one after another and keeps each result', async () => {
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *chain({ df }) {
          const out: unknown[] = [];
          for (const name of ['a', 'b', 'c']) out.push(yield df.callActivity('say', name));
          return out;
        },
      },
    });
    await engine.start('chain', 'one');

    expect(await engine.output('one')).toEqual(['hello a', 'hello b', 'hello c']);
    expect(engine.app.invocations.filter((name) => name === 'say')).toHaveLength(3);
  });

  it('commits one record a turn, and one for each answer of an activity', async () => {
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *two({ df }) {
          yield df.callActivity('say', 1);
          return yield df.callActivity('say', 2);
        },
      },
    });
    await engine.start('two', 'one');
    await engine.output('one');

    expect(engine.records.map((record) => (JSON.parse(record) as { k: string }).k)).toEqual([
      'start',
      'turn',
      'message',
      'turn',
      'message',
      'turn',
    ]);
  });

  it('fails with what its activity threw', async () => {
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *broken({ df }) {
          yield df.callActivity('fail', 'the pump');
        },
      },
    });
    await engine.start('broken', 'one');
    const status = await engine.ended('one');

    expect(status['runtimeStatus']).toBe('Failed');
    expect(status['output']).toMatch(
      /^Orchestrator function 'broken' failed: Activity function 'fail' failed: {2}the pump \n \{/,
    );
  });

  it('whose code changed while it waited fails and says what differs', async () => {
    let runs = 0;
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *unstable({ df }) {
          runs += 1;
          if (runs === 1) yield df.callActivity('say', 1);
          else yield df.createTimer(seconds(df.currentUtcDateTime, 5));
        },
      },
    });
    await engine.start('unstable', 'one');
    const status = await engine.ended('one');

    expect(status['output']).toContain('Non-Deterministic workflow detected');
    expect(status['output']).toContain(
      "named 'say', but the current orchestration replay instead produced a CreateTimer",
    );
  });
});

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

  it('wait longer each time, up to the longest interval', async () => {
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

  it('end with a timer after the last attempt, else the SDK would wait for ever', async () => {
    const engine = new EngineUnderTest({
      activities: { flaky: flaky() },
      orchestrators: { again: withFailures(9, { ...options, maxNumberOfAttempts: 2 }) },
    });
    await engine.start('again', 'one');
    const status = await engine.ended('one');

    expect(status['runtimeStatus']).toBe('Failed');
    expect(historyOf(engine, 'one').filter((type) => type === 'TimerFired')).toHaveLength(2);
  });

  it('that run out of time leave the orchestration waiting, with a warning', async () => {
    const engine = new EngineUnderTest({
      activities: { flaky: flaky() },
      orchestrators: { again: withFailures(9, { ...options, retryTimeoutInMilliseconds: 1 }) },
    });
    await engine.start('again', 'one');
    await engine.pass(60_000);

    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/'one'.*retryTimeoutInMilliseconds of 'flaky' has run out.*Cure/);
  });
});

describe('timers', () => {
  it('of ten days are made of several, and fire at their time', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *late({ df }) {
          const from = df.currentUtcDateTime;
          yield df.createTimer(seconds(from, 10 * 24 * 3600));
          return df.currentUtcDateTime.getTime() - from.getTime();
        },
      },
    });
    await engine.start('late', 'one');

    expect(await engine.output('one')).toBe(10 * 24 * 3600 * 1000);
    expect(historyOf(engine, 'one').filter((type) => type === 'TimerFired').length).toBeGreaterThan(2);
  });

  it('may fire up to a second early when asked to, as those of a storage queue do', async () => {
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

  it('that are left running hold an orchestration open that has returned, with a warning', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *raced({ df }) {
          const event = df.waitForExternalEvent('go');
          yield df.Task.any([event, df.createTimer(seconds(df.currentUtcDateTime, 3600))]);
          return 'event';
        },
      },
    });
    await engine.start('raced', 'one');
    await engine.settle();
    await engine.raise('one', 'go', 1);
    await engine.pass(3_000_000);
    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/stays Running until its timers fire: 2026-01-01T01:00:00/);

    expect(await engine.output('one')).toBe('event');
  });

  it('that were cancelled do not', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *raced({ df }) {
          const timer = df.createTimer(seconds(df.currentUtcDateTime, 3600));
          yield df.Task.any([df.waitForExternalEvent('go'), timer]);
          timer.cancel();
          return 'event';
        },
      },
    });
    await engine.start('raced', 'one');
    await engine.settle();
    await engine.raise('one', 'go', 1);
    await engine.settle();

    expect(engine.instance('one').status).toBe('Completed');
    expect(engine.warnings).toEqual([]);
  });
});

describe('events', () => {
  it('that came before they were waited for are kept in their order', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *late({ df }) {
          yield df.createTimer(seconds(df.currentUtcDateTime, 10));
          return [yield df.waitForExternalEvent('go'), yield df.waitForExternalEvent('go')];
        },
      },
    });
    await engine.start('late', 'one');
    await engine.raise('one', 'go', 1);
    await engine.raise('one', 'go', 2);

    expect(await engine.output('one')).toEqual([1, 2]);
  });

  it('go to an orchestration that has been accepted and not begun', async () => {
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

  it('that wait when an orchestration continues as new are dropped, with a warning', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *collects({ df }) {
          const seen = (df.getInput() as number[] | null) ?? [];
          if (seen.length === 0) yield df.createTimer(seconds(df.currentUtcDateTime, 10));
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
    await engine.settle();
    for (const value of [1, 2, 3]) await engine.raise('one', 'go', value);
    await engine.pass(60_000);
    expect(engine.instance('one').status).toBe('Running');
    expect(engine.warnings.join()).toMatch(/continues as new with unread events \(go\); they are dropped/);
    await engine.raise('one', 'go', 4);

    expect(await engine.output('one')).toEqual([1, 4]);
  });
});

describe('continuing as new', () => {
  it('begins with an empty history and keeps id and start time of its last run', async () => {
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *again({ df }) {
          const count = (df.getInput() as number | null) ?? 0;
          yield df.callActivity('say', count);
          if (count < 5) df.continueAsNew(count + 1);
          return count;
        },
      },
    });
    await engine.start('again', 'one');

    expect(await engine.output('one')).toBe(5);
    expect(historyOf(engine, 'one')).toEqual(['ExecutionStarted', 'TaskCompleted', 'ExecutionCompleted']);
  });
});

describe('entities', () => {
  const entities: TestApp['entities'] = {
    Counter({ df }) {
      const value = df.getState(() => 0) as number;
      if (df.operationName === 'add') df.setState(value + Number(df.getInput()));
      if (df.operationName === 'tell') df.signalEntity(counter(String(df.getInput())), 'add', 5);
      if (df.operationName === 'delete') {
        df.destructOnExit();
        return;
      }
      df.return(df.operationName === 'add' ? value + Number(df.getInput()) : value);
    },
  };
  const call: Orchestrator = function* ({ df }) {
    const [operation, input] = df.getInput() as [string, unknown];
    return yield df.callEntity(new (entityId())('Counter', 'k'), operation, input);
  };
  const entityId = (): new (name: string, key: string) => object =>
    class {
      constructor(
        readonly name: string,
        readonly key: string,
      ) {}
    };

  it('answer calls one after another and keep their state', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    for (const [index, value] of [3, 4, 5].entries()) await engine.start('call', `c${index}`, ['add', value]);
    const outputs = [await engine.output('c0'), await engine.output('c1'), await engine.output('c2')];

    expect(outputs).toEqual([3, 7, 12]);
    expect(engine.instance('@counter@k').entity?.state).toBe('12');
  });

  it('take waiting operations as one batch', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await Promise.all(
      Array.from({ length: 30 }, () => engine.client.signalEntity({ name: 'Counter', key: 'k' }, 'add', '1')),
    );
    await engine.pass(1000);

    expect(engine.instance('@counter@k').entity?.state).toBe('30');
    expect(engine.app.invocations.filter((name) => name === 'Counter').length).toBeLessThan(5);
  });

  it('are gone when nothing of them is left', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await engine.start('call', 'c1', ['add', 1]);
    await engine.output('c1');
    await engine.client.signalEntity({ name: 'counter', key: 'k' }, 'delete', null);
    await engine.pass(1000);

    expect(engine.hub.instances.has('@counter@k')).toBe(false);
  });

  it('that signal by a name with a capital letter reach another entity, with a warning', async () => {
    const engine = new EngineUnderTest({ entities, orchestrators: { call } });
    await engine.client.signalEntity({ name: 'counter', key: 'k' }, 'tell', '"other"');
    await engine.pass(1000);

    expect(engine.hub.instances.has('@Counter@other')).toBe(true);
    expect(engine.hub.instances.has('@counter@other')).toBe(false);
    expect(engine.warnings.join()).toMatch(/signals '@Counter@other' from inside an entity/);
  });
});

describe('a child', () => {
  it('with the id of a running instance replaces it, with a warning', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *waits({ df }) {
          return [df.getInput(), yield df.waitForExternalEvent('go')];
        },
        *parent({ df }) {
          return yield df.callSubOrchestrator('waits', 'from parent', 'shared');
        },
      },
    });
    await engine.start('waits', 'shared', 'from client');
    await engine.settle();
    await engine.start('parent', 'p');
    await engine.settle();
    await engine.raise('shared', 'go', 1);

    expect(await engine.output('p')).toEqual(['from parent', 1]);
    expect(engine.warnings.join()).toMatch(/instance 'shared': was running and was silently replaced/);
  });

  it('that fails tells its parent why', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *child() {
          throw new Error('no');
        },
        *parent({ df }) {
          try {
            yield df.callSubOrchestrator('child', null, 'c');
          } catch (error) {
            return error instanceof Error ? error.message.split('\n')[0] : '';
          }
          return 'not thrown';
        },
      },
    });
    await engine.start('parent', 'p');

    expect(await engine.output('p')).toBe("Orchestrator function 'child' failed: no ");
  });
});

describe('limits', () => {
  it('hold for activities and for orchestrators', async () => {
    let running = 0;
    let max = 0;
    const engine = new EngineUnderTest(
      {
        activities: {
          slow: async () => {
            running += 1;
            max = Math.max(max, running);
            await new Promise((resolve) => setTimeout(resolve, 5));
            running -= 1;
          },
        },
        orchestrators: {
          *fan({ df }) {
            yield df.Task.all(Array.from({ length: 12 }, () => df.callActivity('slow')));
            return 'done';
          },
        },
      },
      { settings: { maxConcurrentActivityFunctions: 3 } },
    );
    await engine.start('fan', 'one');
    while (engine.instance('one').status !== 'Completed') await new Promise((resolve) => setTimeout(resolve, 5));

    expect(max).toBe(3);
  });
});

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
      yield df.Task.any([df.callActivity('say', 1), df.createTimer(seconds(df.currentUtcDateTime, 60))]);
    },
  };

  it.each([
    ['unknown', "calls the activity 'nowhere', which does not exist"],
    ['text', 'threw a value that is not an Error'],
    ['boolean', "gives the activity 'say' a boolean"],
    ['held', 'stays Running until its timers fire'],
  ])('fails an orchestration that goes quietly wrong: %s', async (name, reason) => {
    const engine = new EngineUnderTest({ activities, orchestrators }, { strict: true });
    await engine.start(name, 'one');
    const status = await engine.ended('one');

    expect(status['runtimeStatus']).toBe('Failed');
    expect(status['output']).toContain(reason);
  });

  it('refuses a child with the id of a running instance, which goes on', async () => {
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
    await engine.settle();
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
            df.signalEntity(counter('other', 'Teller'), 'noted');
            df.return('told');
          },
        },
      },
      { strict: true },
    );
    await engine.client.signalEntity({ name: 'Teller', key: 'k' }, 'tell', null);
    await engine.pass(1000);

    expect([...engine.hub.instances.keys()]).toEqual(['@teller@k']);
    expect(engine.warnings.join()).toMatch(/signals '@Teller@other'/);
  });

  it('is off unless asked for: the same stay Running, or go on', async () => {
    const engine = new EngineUnderTest({ activities, orchestrators });
    for (const name of ['unknown', 'text', 'boolean', 'held']) await engine.start(name, name);
    await engine.settle();

    expect(['unknown', 'text', 'boolean', 'held'].map((id) => engine.instance(id).status)).toEqual([
      'Running',
      'Running',
      'Completed',
      'Running',
    ]);
    expect(engine.warnings).toHaveLength(4);
  });
});

describe('what is logged', () => {
  it('holds no inputs, outputs or events', async () => {
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *leaky({ df }) {
          df.setCustomStatus(`secret-${'x'.repeat(7000)}`);
          yield df.callActivity('say', true);
          yield df.callActivity('nowhere', 'secret-input');
        },
      },
    });
    await engine.start('leaky', 'one', 'secret-start');
    await engine.settle();
    await engine.raise('one', 'go', 'secret-event');
    await engine.settle();

    expect(engine.warnings.length).toBeGreaterThan(2);
    expect(engine.warnings.join()).not.toContain('secret');
  });
});
