import { describe, expect, it } from 'vitest';

import { entityId } from './engine/sampleFunctions.js';
import { EngineUnderTest, type TestApp } from './engineUnderTest.js';

const DAY = 24 * 3600;
const later = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000);

/**
 * What comes after a timer of so many days that has lost a race and was cancelled, as the real host was seen to do it.
 */
function app(days: number): TestApp {
  const first = function* (df: Parameters<NonNullable<TestApp['orchestrators']>[string]>[0]['df']) {
    const timer = df.createTimer(later(df.currentUtcDateTime, days * DAY));
    yield df.Task.any([timer, df.callActivity('say', 'x')]);
    timer.cancel();
    yield df.createTimer(later(df.currentUtcDateTime, 1));
  };
  return {
    activities: {
      say: (input) => `said ${String(input)}`,
      fails: () => {
        throw new Error('no');
      },
    },
    entities: { counter: (context) => context.df.return(1) },
    orchestrators: {
      *child({ df }) {
        return yield df.callActivity('say', 'in');
      },
      *activity({ df }) {
        yield* first(df);
        return [yield df.callActivity('say', 'y')];
      },
      *sub({ df }) {
        yield* first(df);
        return [yield df.callSubOrchestrator('child')];
      },
      *failure({ df }) {
        yield* first(df);
        try {
          return [yield df.callActivity('fails')];
        } catch {
          return 'caught';
        }
      },
      *entity({ df }) {
        yield* first(df);
        return [yield df.callEntity(entityId('counter', 'k'), 'get')];
      },
      *noTimerAfter({ df }) {
        const timer = df.createTimer(later(df.currentUtcDateTime, days * DAY));
        yield df.Task.any([timer, df.callActivity('say', 'x')]);
        timer.cancel();
        return [yield df.callActivity('say', 'y')];
      },
      *pastBeside({ df }) {
        const now = df.currentUtcDateTime;
        yield df.Task.any([df.createTimer(later(now, days * DAY)), df.createTimer(later(now, -60))]);
        return 'went on';
      },
    },
  };
}

const timersOf = (engine: EngineUnderTest): number => engine.records.join('\n').match(/"EventType":10,/g)?.length ?? 0;

describe('after a cancelled timer of more than six days', () => {
  it.each([
    ['activity', [null]],
    ['sub', [null]],
    ['failure', [null]],
  ])('the next result is lost: %s', async (name, output) => {
    const engine = new EngineUnderTest(app(7));
    await engine.start(name, 'one');

    expect(await engine.output('one')).toEqual(output);
    expect(timersOf(engine)).toBeGreaterThan(8);

    const said = engine.warnings.filter((line) => line.includes('after one of more than six days'));

    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      new RegExp(`^Orchestration '${name}', instance 'one': .* Cure: wait in pieces: a timer of at most five`),
    );
  });

  it('a later entity call fails the orchestration as non-deterministic', async () => {
    const engine = new EngineUnderTest(app(7));
    await engine.start('entity', 'one');

    expect(await engine.ended('one')).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining('Non-Deterministic workflow detected'),
    });
    expect(engine.warnings.join()).toContain('an entity call fails the orchestration');
  });

  it('all is well if no timer follows', async () => {
    const engine = new EngineUnderTest(app(10));
    await engine.start('noTimerAfter', 'one');
    expect(await engine.output('one')).toEqual(['said y']);
    expect(engine.warnings).toEqual([]);
  });

  it('the next result is also lost after a restart', async () => {
    const engine = new EngineUnderTest(app(7));
    await engine.start('activity', 'one');
    await engine.runUntilIdle();
    const again = new EngineUnderTest(app(7), { hub: engine.hubAfter(engine.records.length) });
    expect(await again.output('one')).toEqual([null]);
  });

  it('the orchestration fails in strict mode', async () => {
    const engine = new EngineUnderTest(app(7), { strict: true });
    await engine.start('activity', 'one');

    expect(await engine.ended('one')).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringContaining('strict mode: it makes a timer after one of more than six days'),
    });
  });
});

it('a timer in the past, beside one of more than six days, never fires', async () => {
  const engine = new EngineUnderTest(app(10));
  await engine.start('pastBeside', 'one');
  await engine.advance(DAY * 1000);
  expect(engine.instance('one').status).toBe('Running');
  expect(engine.warnings.join()).toContain('one whose time is past never fires');
});

it.each([
  ['activity', ['said y']],
  ['sub', ['said in']],
  ['failure', 'caught'],
  ['entity', [1]],
])('a cancelled timer of five days loses no result: %s', async (name, output) => {
  const engine = new EngineUnderTest(app(5));
  await engine.start(name, 'one');
  expect(await engine.output('one')).toEqual(output);
  expect(engine.warnings).toEqual([]);
});
