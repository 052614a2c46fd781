import type * as df from 'durable-functions';

import { caught, register } from './names.js';

/** Calls each activity, and keeps what it returned or threw. */
function* tryAll(context: df.OrchestrationContext, names: readonly string[]): ReturnType<df.OrchestrationHandler> {
  const out: unknown[] = [];
  for (const name of names) {
    try {
      out.push(yield context.df.callActivity(name));
    } catch (error) {
      out.push(caught(error));
    }
  }
  return out;
}

register({
  *oneActivity(context) {
    return yield context.df.callActivity('say', 'one');
  },
  *chain(context) {
    const out: unknown[] = [];
    for (const name of ['a', 'b', 'c']) out.push(yield context.df.callActivity('say', name));
    return out;
  },
  *values(context) {
    const out: unknown[] = [];
    const values = ['text', 7, 1.5, true, null, [1, 2], { a: { b: 1 } }, '', '{"looks":"like json"}'];
    for (const value of [...values, '2026-01-01T00:00:00Z', 'žluťoučký 🚗'])
      out.push(yield context.df.callActivity('same', value));
    return out;
  },
  *noInput(context) {
    return yield context.df.callActivity('same');
  },
  *noResult(context) {
    const r: unknown = yield context.df.callActivity('nothing');
    return { type: typeof r, r };
  },
  *largeActivity(context) {
    return (yield context.df.callActivity('large', 100_000)).length;
  },
  *activityContext(context) {
    return yield context.df.callActivity('startedBy');
  },
  *activityUnknown(context) {
    return yield context.df.callActivity('noSuchActivity', 1);
  },
  *slowly(context) {
    return yield context.df.callActivity('slow', context.df.getInput<{ ms?: number } | undefined>()?.ms ?? 2000);
  },
  *xNullInput(context) {
    return [
      yield context.df.callActivity('typeOf', null),
      yield context.df.callActivity('typeOf'),
      yield context.df.callActivity('typeOf', ''),
      yield context.df.callActivity('typeOf', 0),
    ];
  },
  *xReturns(context) {
    return yield* tryAll(context, ['returnsNull', 'returnsTrue', 'returnsBytes', 'returnsFunction']);
  },
  *xReturnsBig(context) {
    return yield* tryAll(context, ['returnsBig']);
  },
  *xFailures(context) {
    return yield* tryAll(context, ['failsEmpty', 'failsObject']);
  },
});
