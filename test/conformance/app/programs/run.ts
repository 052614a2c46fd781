/** The interpreter of programs. Whatever a program sees becomes part of its result. */
import type * as df from 'durable-functions';

import { caughtAs, throwOdd } from './oddErrors.js';
import { described } from './oddValues.js';
import type { Step } from './program.js';
import { entityOf, passed, taskOf } from './tasks.js';

type Context = df.OrchestrationContext;
type Running = Generator<df.Task, void, unknown>;
type Of<Op extends Step['op']> = Extract<Step, { op: Op }>;

/** Ends a program early, through `try` and `after`. */
export class Returned {
  constructor(readonly value: unknown) {}
}

/** A result as JSON; undefined and tasks are named. */
function shown(value: unknown): unknown {
  if (value === undefined || value instanceof Date || typeof value === 'number') return described(value);
  if (Array.isArray(value)) return value.map(shown);
  return isTask(value) ? { task: shown(value.result) } : value;
}

const isTask = (value: unknown): value is df.Task =>
  typeof value === 'object' && value !== null && 'isCompleted' in value && 'result' in value;

/** What replays must see again, by instance and place. */
const seenFirst = new Map<string, string>();

function sameAsFirst(context: Context, place: string, value: string): boolean {
  const key = `${context.df.instanceId}/${place}`;
  const first = seenFirst.get(key) ?? value;
  seenFirst.set(key, first);
  return first === value;
}

/** Runs steps; `results` gets what each of them gave. */
export function* runSteps(context: Context, steps: readonly Step[], path: string, results: unknown[]): Running {
  for (const [index, step] of steps.entries()) yield* runStep(context, step, `${path}${index}`, results);
}

function* runStep(context: Context, step: Step, place: string, results: unknown[]): Running {
  switch (step.op) {
    case 'any':
      return yield* runAny(context, step, place, results);
    case 'apart':
      return yield* runApart(context, step, place, results);
    case 'try':
      return yield* runTry(context, step, place, results);
    case 'lock':
      return yield* runLocked(context, step, place, results);
    case 'signal':
      return context.df.signalEntity(entityOf(context, step.key), step.operation, passed(step));
    case 'status':
      return context.df.setCustomStatus(passed(step));
    case 'guid':
      results.push({ sameGuid: sameAsFirst(context, place, context.df.newGuid(context.df.instanceId)) });
      return;
    case 'now':
      results.push({ sameTime: sameAsFirst(context, place, context.df.currentUtcDateTime.toISOString()) });
      return;
    case 'throw':
      return throwOdd(step.error);
    case 'return':
      // oxlint-disable-next-line typescript/only-throw-error -- It is no error, and leaves all levels at once.
      throw new Returned(passed(step));
    case 'abandon':
      step.tasks.forEach((task, index) => taskOf(context, task, `${place}n${index}`));
      return;
    default:
      results.push(shown(yield taskOf(context, step, place)));
  }
}

function* runAny(context: Context, step: Of<'any'>, place: string, results: unknown[]): Running {
  const timers: df.TimerTask[] = [];
  const tasks = step.tasks.map((task, index) => taskOf(context, task, `${place}y${index}`, timers));
  const won = (yield context.df.Task.any(tasks)) as df.Task;
  if (step.keepTimers !== true) for (const timer of timers) if (!timer.isCompleted) timer.cancel();
  results.push({ won: tasks.indexOf(won), failed: won.isFaulted, result: shown(won.result) });
}

function* runApart(context: Context, step: Of<'apart'>, place: string, results: unknown[]): Running {
  const tasks = step.tasks.map((task, index) => taskOf(context, task, `${place}p${index}`));
  if (step.first) yield context.df.Task.any(tasks);
  for (const index of step.order) {
    const task = tasks[index];
    if (task === undefined) continue;
    try {
      results.push([index, shown(yield task)]);
    } catch (error) {
      results.push([index, caughtAs(error)]);
    }
  }
}

function* runTry(context: Context, step: Of<'try'>, place: string, results: unknown[]): Running {
  try {
    yield* runSteps(context, step.steps, `${place}t`, results);
  } catch (error) {
    if (error instanceof Returned) throw error;
    results.push(caughtAs(error));
    yield* runSteps(context, step.caught ?? [], `${place}c`, results);
  } finally {
    yield* runSteps(context, step.after ?? [], `${place}f`, results);
  }
}

function* runLocked(context: Context, step: Of<'lock'>, place: string, results: unknown[]): Running {
  const lock = (yield context.df.lock(...step.keys.map((key) => entityOf(context, key)))) as df.DurableLock;
  results.push({ locked: context.df.isLocked().isLocked, owned: context.df.isLocked().ownedLocks.length });
  try {
    yield* runSteps(context, step.steps, `${place}l`, results);
  } finally {
    if (step.release) lock.release();
  }
  results.push({ locked: context.df.isLocked().isLocked });
}
