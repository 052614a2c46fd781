import * as df from 'durable-functions';

import { caught, register, seconds } from './names.js';

register({
  *retrySucceeds(context) {
    const input = { key: context.df.instanceId, failures: 2 };
    return yield context.df.callActivityWithRetry('flaky', new df.RetryOptions(1000, 3), input);
  },
  *retryExhausted(context) {
    return yield context.df.callActivityWithRetry('fail', new df.RetryOptions(1000, 3), 'always');
  },
  *retryExhaustedCaught(context) {
    try {
      yield context.df.callActivityWithRetry('fail', new df.RetryOptions(1000, 2), 'always');
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *retryBackoff(context) {
    const options = new df.RetryOptions(1000, 4);
    options.backoffCoefficient = 2;
    options.maxRetryIntervalInMilliseconds = 1500;
    const input = { key: context.df.instanceId, failures: 3 };
    return yield context.df.callActivityWithRetry('flaky', options, input);
  },
  // Out of time at the first failure.
  *retryTimeout(context) {
    const options = new df.RetryOptions(1000, 10);
    options.retryTimeoutInMilliseconds = 1;
    return yield context.df.callActivityWithRetry('fail', options, 'always');
  },
  *retryInAll(context) {
    const { instanceId } = context.df;
    const short = new df.RetryOptions(1000, 3);
    const long = new df.RetryOptions(2500, 3);
    return yield context.df.Task.all([
      context.df.callActivityWithRetry('flaky', short, { key: `${instanceId}-a`, failures: 1 }),
      context.df.callActivityWithRetry('flaky', long, { key: `${instanceId}-b`, failures: 2 }),
      context.df.callActivity('say', 'c'),
    ]);
  },
  *retryThenTimer(context) {
    const input = { key: context.df.instanceId, failures: 1 };
    const a: unknown = yield context.df.callActivityWithRetry('flaky', new df.RetryOptions(1000, 3), input);
    yield context.df.createTimer(seconds(context, 1));
    const b: unknown = yield context.df.callActivity('say', 'after');
    return [a, b];
  },
  *retryFirstTry(context) {
    const a: unknown = yield context.df.callActivityWithRetry('say', new df.RetryOptions(1000, 3), 'at once');
    const b: unknown = yield context.df.callActivity('say', 'next');
    return [a, b];
  },
  // Here the SDK's ids and the engine's part company: a retry takes the id of a task that follows.
  *anyOverRetry(context) {
    const input = { key: context.df.instanceId, failures: 1 };
    const work = context.df.callActivityWithRetry('flaky', new df.RetryOptions(1000, 3), input);
    const timer = context.df.createTimer(seconds(context, 60));
    const won: unknown = yield context.df.Task.any([work, timer]);
    if (won === work) timer.cancel();
    return [work.result, yield context.df.callActivity('say', 'after')];
  },
  *allOverRetryCaught(context) {
    const input = { key: context.df.instanceId, failures: 1 };
    try {
      yield context.df.Task.all([
        context.df.callActivity('fail', 'at once'),
        context.df.callActivityWithRetry('flaky', new df.RetryOptions(2000, 3), input),
      ]);
    } catch {
      return { undoRan: (yield context.df.callActivity('say', 'undo')) === 'hello undo' };
    }
    return 'not thrown';
  },
  // The safe way to the same.
  *anyOverChild(context) {
    const work = context.df.callSubOrchestrator('retrySucceeds', undefined, `${context.df.instanceId}-child`);
    const timer = context.df.createTimer(seconds(context, 60));
    const won: unknown = yield context.df.Task.any([work, timer]);
    if (won === work) timer.cancel();
    return [work.result, yield context.df.callActivity('say', 'after')];
  },
});
