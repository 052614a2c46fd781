import { describe, expect, it } from 'vitest';

import { EngineUnderTest } from '../engineUnderTest.js';
import { activities, secondsAfter } from './sampleFunctions.js';

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

  it('commits one record for each turn and for each result of an activity', async () => {
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

  it('fails with the error that its activity threw', async () => {
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

  it('whose code changed while it waited fails, and reports the difference', async () => {
    let runs = 0;
    const engine = new EngineUnderTest({
      activities,
      orchestrators: {
        *unstable({ df }) {
          runs += 1;
          if (runs === 1) yield df.callActivity('say', 1);
          else yield df.createTimer(secondsAfter(df.currentUtcDateTime, 5));
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

  it('whose code changed while it waited fails for its parent, which can catch it', async () => {
    let runs = 0;
    const engine = new EngineUnderTest({
      activities: { ...activities, double: (input) => Number(input) * 2 },
      orchestrators: {
        *unstable({ df }) {
          runs += 1;
          yield df.callActivity(runs === 1 ? 'say' : 'double', 4);
        },
        *parent({ df }) {
          try {
            yield df.callSubOrchestrator('unstable', null, 'child');
          } catch (error) {
            return (error as Error).message;
          }
          return 'not caught';
        },
      },
    });
    await engine.start('parent', 'one');

    expect(await engine.output('one')).toMatch(
      /^Non-Deterministic workflow detected: .* \n Unhandled exception while executing orchestration: DurableTask\./,
    );
    // What its last turn scheduled still runs, under a number that the history has twice.
    await engine.runUntilIdle();
    expect(engine.app.invocations.filter((name) => name === 'double')).toHaveLength(1);
    expect(() => engine.status('child')).toThrow(
      'An item with the same key has already been added. Key: TaskScheduled_0',
    );
  });
});

describe('continuing as new', () => {
  it('starts with an empty history, and keeps the id and the start time of its last run', async () => {
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
    expect(engine.eventTypes('one')).toEqual(['ExecutionStarted', 'TaskCompleted', 'ExecutionCompleted']);
  });
});

describe('a sub-orchestration', () => {
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
    await engine.runUntilIdle();
    await engine.start('parent', 'p');
    await engine.runUntilIdle();
    await engine.raise('shared', 'go', 1);

    expect(await engine.output('p')).toEqual(['from parent', 1]);
    expect(engine.warnings.join()).toMatch(/instance 'shared': was running and was silently replaced/);
  });

  it('that fails passes the reason to its parent', async () => {
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

describe('concurrency limits', () => {
  it('apply to activities and to orchestrators', async () => {
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

describe('an orchestrator that fails', () => {
  it('with a status that is nested too deeply fails because of that', async () => {
    const engine = new EngineUnderTest({
      orchestrators: {
        *deep({ df }) {
          df.setCustomStatus(JSON.parse('['.repeat(2500) + ']'.repeat(2500)));
          throw new Error('of its own');
        },
      },
    });
    await engine.start('deep', 'one');

    expect(await engine.ended('one')).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining('MaxDepth of 64') as unknown,
    });
  });
});

describe('the log', () => {
  it('contains no inputs, outputs or events', async () => {
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
    await engine.runUntilIdle();
    await engine.raise('one', 'go', 'secret-event');
    await engine.runUntilIdle();

    expect(engine.warnings.length).toBeGreaterThan(2);
    expect(engine.warnings.join()).not.toContain('secret');
  });
});
