/** Registers what runs programs. */
import * as df from 'durable-functions';

import './entity.js';
import './routes.js';
import { throwOdd, type OddError } from './oddErrors.js';
import { described, oddValue, type OddValue } from './oddValues.js';
import type { Generations, Program } from './program.js';
import { Returned, runSteps } from './run.js';
import { rootOf } from './tasks.js';
import { register } from '../orchestrations/names.js';

const attempts = new Map<string, number>();

df.app.activity('fails', {
  handler: ({ key, failures, error }: { key: string; failures: number; error?: OddError }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt > failures) return `done at ${attempt}`;
    if (error !== undefined) throwOdd(error);
    throw new Error(`attempt ${attempt}`);
  },
});
df.app.activity('make', { handler: (name: OddValue) => oddValue(name) });
df.app.activity('describe', { handler: (value: unknown) => described(value) });
df.app.activity('breaks', { handler: (name: OddError) => throwOdd(name) });

/** Runs steps to their end, or to a `return`. */
function* untilReturned(
  context: df.OrchestrationContext,
  steps: Program['steps'],
  path: string,
): Generator<df.Task, unknown, unknown> {
  const results: unknown[] = [];
  try {
    yield* runSteps(context, steps, path, results);
  } catch (error) {
    if (error instanceof Returned) return error.value;
    throw error;
  }
  return results;
}

register({
  *program(context) {
    return yield* untilReturned(context, context.df.getInput<Program>().steps, 's');
  },
  *generations(context) {
    const { generations, results = [], afterwards } = context.df.getInput<Generations>();
    const [first = [], ...more] = generations;
    const all = [...results, yield* untilReturned(context, first, `g${generations.length}x`)];
    if (more.length === 0) return { results: all };
    const next = { root: rootOf(context), generations: more, results: all };
    context.df.continueAsNew(afterwards === undefined ? next : { ...next, afterwards });
    if (afterwards === 'throws') throw new Error('after continueAsNew');
    if (afterwards === 'calls') yield context.df.callActivity('say', 'after');
    return afterwards === 'returns' ? 'returned too' : undefined;
  },
  *describes(context) {
    return described(context.df.getInput());
  },
  *describesEvent(context) {
    return described(yield context.df.waitForExternalEvent('go'));
  },
  *makes(context) {
    return oddValue(context.df.getInput<OddValue>());
  },
  *throwsOdd(context) {
    throwOdd(context.df.getInput<OddError>());
  },
  *continuesWith(context) {
    const input = context.df.getInput<{ next?: OddValue } | null>();
    if (typeof input === 'object' && typeof input?.next === 'string') context.df.continueAsNew(oddValue(input.next));
    else return described(input);
    return undefined;
  },
});
