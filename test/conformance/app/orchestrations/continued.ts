import { counter, register, seconds } from './names.js';

register({
  *again(context) {
    const n = context.df.getInput<number>() || 0;
    if (n < 3) {
      context.df.continueAsNew(n + 1);
      return undefined;
    }
    return `ended at ${n}`;
  },
  *againWithActivity(context) {
    const n = context.df.getInput<number>() || 0;
    const r: unknown = yield context.df.callActivity('say', String(n));
    if (n < 2) {
      context.df.continueAsNew(n + 1);
      return undefined;
    }
    return r;
  },
  *againKeepsEvents(context) {
    const seen = context.df.getInput<unknown[] | ''>() || [];
    if (seen.length === 0) yield context.df.createTimer(seconds(context, 4));
    seen.push(yield context.df.waitForExternalEvent('go'));
    if (seen.length < 3) {
      context.df.continueAsNew(seen);
      return undefined;
    }
    return seen;
  },
  // Text comes back with one more pair of quotes.
  *againWithText(context) {
    const n = context.df.getInput<string>();
    if (n === '') {
      context.df.continueAsNew('plain text');
      return undefined;
    }
    return n;
  },
  *againWithNothing(context) {
    if (context.df.getInput() === 'first') {
      context.df.continueAsNew(undefined);
      return undefined;
    }
    return { input: context.df.getInput() ?? null };
  },
  *againWithTimer(context) {
    const n = context.df.getInput<number>() || 0;
    yield context.df.createTimer(seconds(context, 1));
    if (n < 2) {
      context.df.continueAsNew(n + 1);
      return undefined;
    }
    return n;
  },
  *xAgainWithNull(context) {
    if (context.df.getInput() === 'first') {
      context.df.continueAsNew(null);
      return undefined;
    }
    return { input: context.df.getInput() ?? null };
  },
  *xAgainAfterSignal(context) {
    const n = context.df.getInput<number>() || 0;
    const id = counter(context.df.instanceId);
    context.df.signalEntity(id, 'add', 1);
    if (n < 2) {
      context.df.continueAsNew(n + 1);
      return undefined;
    }
    yield context.df.createTimer(seconds(context, 2));
    return yield context.df.callEntity(id, 'get');
  },
  *xAgainWithOpenTimer(context) {
    const n = context.df.getInput<number>() || 0;
    context.df.createTimer(seconds(context, 2));
    const timer = context.df.createTimer(seconds(context, 3));
    yield context.df.Task.any([timer, context.df.waitForExternalEvent('go')]);
    if (n < 1) {
      context.df.continueAsNew(n + 1);
      return undefined;
    }
    return n;
  },
  *xAgainReturns(context) {
    const n = context.df.getInput<number>() || 0;
    if (n >= 1) return 'kept';
    context.df.continueAsNew(n + 1);
    return 'ignored';
  },
  *xAgainThrows(context) {
    context.df.continueAsNew(1);
    throw new Error('after again');
  },
  *xAgainThenYield(context) {
    const n = context.df.getInput<number>() || 0;
    if (n >= 1) return n;
    context.df.continueAsNew(n + 1);
    yield context.df.callActivity('say', 'late');
    return undefined;
  },
});
