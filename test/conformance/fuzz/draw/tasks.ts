/**
 * Draws the tasks of programs. Both hosts are compared by what a program sees, so that a race has one winner by
 * construction: one task that ends, the others never do (or in days). A task that ends later is one of a single class:
 * it never races.
 */
import type { Json, Retries, Step, TaskStep } from '../../app/programs/program.js';
import { oddErrors } from '../../app/programs/oddErrors.js';
import type { OddValue } from '../../app/programs/oddValues.js';
import type { Draws } from './draws.js';

export const smallValues: readonly Json[] = [
  'a',
  'č🚗',
  7,
  0,
  -1.5,
  true,
  false,
  null,
  '',
  [1, [2, null]],
  { a: { b: [1, 'x'] } },
  '2020-01-01T00:00:00Z',
  '{"x":1}',
  { Timestamp: '2020-01-01T00:00:00Z' },
  '"q"',
  [],
  {},
];

/** Values that both hosts pass on alike; the kind `values` finds what happens to the others. */
const calmValues: readonly OddValue[] = [
  'none',
  'sum',
  'date',
  'family',
  'emptyText',
  'quoted',
  'textNull',
  'textNumber',
  'textBrace',
  'oddKeys',
  'casedKeys',
  'true',
  'false',
  'empties',
  'error',
  'thing',
  'guid',
  'nestedDates',
  'buffer',
  'map',
];

export const entityKeys = ['a', 'b'];

/** Draws steps of one program. */
export class TaskDraws {
  constructor(readonly draws: Draws) {}

  retries(attempts: number): Retries {
    const { draws } = this;
    return {
      first: draws.of([200, 500, 1000, 1200]),
      attempts,
      ...(draws.chance(0.4) ? { backoff: draws.of([1, 1.5, 2, 3]) } : {}),
      ...(draws.chance(0.4) ? { longest: draws.of([300, 1000, 1500]) } : {}),
      ...(draws.chance(0.1) ? { timeout: 60_000 } : {}),
    };
  }

  /** A task that ends soon. */
  ending(depth: number): TaskStep {
    const { draws } = this;
    const quick = (): TaskStep => this.#quick();
    if (depth === 0 || draws.chance(0.6)) return quick();
    return draws.one<TaskStep>(
      () => ({ op: 'child', named: draws.chance(0.6), steps: draws.several(1, 2, () => this.step(depth - 1)) }),
      () => ({ op: 'all', tasks: draws.several(1, 3, () => this.ending(depth - 1)) }),
      () => this.#nestedRace(depth - 1),
      () => ({ op: 'timer', seconds: draws.of([1, 2]) }),
      () => ({ op: 'retry', failures: draws.of([1, 2]), options: { first: 500, attempts: 4, backoff: 1 } }),
    );
  }

  #quick(): TaskStep {
    const { draws } = this;
    return draws.one<TaskStep>(
      () => ({ op: 'activity', name: 'say', input: draws.of(['x', 'ž', 7]) }),
      () => ({ op: 'activity', name: 'same', input: draws.of(smallValues) }),
      () => ({ op: 'activity', name: 'describe', input: draws.of(smallValues) }),
      () => ({ op: 'activity', name: 'nothing' }),
      () => ({ op: 'activity', name: 'make', input: draws.of(calmValues) }),
      () => ({ op: 'timer', seconds: draws.of([-60, -1, 0]) }),
      () => ({
        op: 'entity',
        key: draws.of(entityKeys),
        operation: draws.of(['add', 'get', 'getOr']),
        input: draws.whole(1, 5),
      }),
    );
  }

  /** No timer and no entity: whether they end before the one that wins a race would be chance on a slow host. */
  #quickest(): TaskStep {
    const quick = this.#quick();
    return quick.op === 'timer' || quick.op === 'entity' ? { op: 'event', name: 'nor' } : quick;
  }

  /** A task that does not end before the program does. */
  never(depth: number): TaskStep {
    const { draws } = this;
    return draws.one<TaskStep>(
      () => ({ op: 'event', name: 'never' }),
      () => ({ op: 'timer', seconds: draws.of([600, 86_400 * 5]) }),
      () => ({ op: 'all', tasks: [this.#quickest(), { op: 'event', name: 'never' }] }),
      ...(depth > 0
        ? [
            (): TaskStep => ({
              op: 'any',
              tasks: [
                { op: 'event', name: 'never' },
                { op: 'event', name: 'nor' },
              ],
            }),
          ]
        : []),
    );
  }

  /** A race inside of a race or a list: its timers cannot be cancelled, so it has none. */
  #nestedRace(depth: number): TaskStep {
    const never: TaskStep = { op: 'event', name: 'never' };
    return { op: 'any', tasks: this.draws.shuffled([this.ending(depth), never]) };
  }

  race(depth: number): TaskStep {
    const { draws } = this;
    const losers = draws.several(1, 2, () => this.never(depth));
    return { op: 'any', tasks: draws.shuffled([this.ending(depth), ...losers]) };
  }

  /** A task that may fail. */
  failing(depth: number): TaskStep {
    const { draws } = this;
    if (draws.chance(0.5)) return this.ending(depth);
    return draws.one<TaskStep>(
      () => ({ op: 'activity', name: 'fail', input: draws.of(['bad', 'žle', '']) }),
      () => ({ op: 'activity', name: 'breaks', input: draws.of(oddErrors) }),
      () => ({
        op: 'child',
        named: draws.chance(0.5),
        steps: [{ op: 'throw', error: draws.of(['plain', 'typed', 'lines']) }],
      }),
      () => ({ op: 'entity', key: 'a', operation: 'throw', input: draws.of(['plain', 'more', 'custom']) }),
    );
  }

  step(depth: number): Step {
    const { draws } = this;
    return draws.one<Step>(
      () => this.ending(depth),
      () => this.ending(depth),
      () => ({ op: 'all', tasks: draws.several(1, 4, () => this.ending(depth)) }),
      () => this.race(depth),
      () => this.race(depth),
      () => this.#apart(depth),
      () => this.#guarded(depth),
      () => ({ op: 'status', input: draws.of(smallValues) }),
      () => ({ op: 'guid' }),
      () => ({ op: 'now' }),
      () => ({ op: 'signal', key: draws.of(entityKeys), operation: 'add', input: draws.whole(1, 9) }),
      () => (draws.chance(0.15) ? this.#rare() : this.ending(depth)),
    );
  }

  #apart(depth: number): Step {
    const { draws } = this;
    const tasks = draws.several(2, 3, () => this.ending(depth));
    return { op: 'apart', tasks, order: draws.shuffled(tasks.map((_, index) => index)), first: false };
  }

  #guarded(depth: number): Step {
    const { draws } = this;
    const tried = draws.one<Step>(
      () => this.failing(depth),
      () => ({ op: 'apart', tasks: draws.several(1, 3, () => this.failing(depth)), order: [0, 1, 2], first: false }),
      // One that fails does not wait for the others: which of them have ended by then is for none of them a question.
      () => ({ op: 'all', tasks: draws.shuffled([this.failing(0), this.never(0), this.never(depth)]) }),
    );
    return {
      op: 'try',
      steps: [tried, ...(draws.chance(0.4) ? [{ op: 'activity', name: 'say', input: 'not failed' } as const] : [])],
      ...(draws.chance(0.6) ? { caught: [this.ending(depth)] } : {}),
      ...(draws.chance(0.3) ? { after: [this.ending(0)] } : {}),
    };
  }

  #rare(): Step {
    const { draws } = this;
    return draws.one<Step>(
      () => ({ op: 'throw', error: draws.of(oddErrors) }),
      () => ({ op: 'return', input: draws.of(smallValues) }),
      () => ({ op: 'abandon', tasks: [this.#quick()] }),
    );
  }
}
