import * as df from 'durable-functions';

import { caught, register } from './names.js';

const childOf = (context: df.OrchestrationContext, suffix = 'child'): string => `${context.df.instanceId}-${suffix}`;

register({
  *parent(context) {
    return yield context.df.callSubOrchestrator('identity', { from: 'parent' }, childOf(context));
  },
  *parentNoId(context) {
    return yield context.df.callSubOrchestrator('echo', 'to child');
  },
  *parentTwice(context) {
    const a: unknown = yield context.df.callSubOrchestrator('echo', 1, childOf(context, 'same'));
    const b: unknown = yield context.df.callSubOrchestrator('echo', 2, childOf(context, 'same'));
    return [a, b];
  },
  *parentOfThrower(context) {
    return yield context.df.callSubOrchestrator('throws', undefined, childOf(context));
  },
  *parentCatches(context) {
    try {
      yield context.df.callSubOrchestrator('throws', undefined, childOf(context));
    } catch (error) {
      return caught(error);
    }
    return 'not thrown';
  },
  *parentOfUnknown(context) {
    return yield context.df.callSubOrchestrator('noSuchOrchestrator', 1, childOf(context));
  },
  *parentRetries(context) {
    const options = new df.RetryOptions(1000, 3);
    const input = { key: context.df.instanceId };
    return yield context.df.callSubOrchestratorWithRetry('flakyChild', options, input, childOf(context));
  },
  *flakyChild(context) {
    const { key } = context.df.getInput<{ key: string }>();
    return yield context.df.callActivity('flaky', { key, failures: 1 });
  },
  *grandparent(context) {
    return yield context.df.callSubOrchestrator('parent', undefined, childOf(context, 'mid'));
  },
  *parentFanOut(context) {
    const children = [1, 2, 3].map((n) => context.df.callSubOrchestrator('echo', n, childOf(context, String(n))));
    return yield context.df.Task.all(children);
  },
  *failsOnce(context) {
    return yield context.df.callActivity('flaky', { key: context.df.instanceId, failures: 1 });
  },
  *parentOfFailsOnce(context) {
    return yield context.df.callSubOrchestrator('failsOnce', undefined, childOf(context));
  },
  *parentWaits(context) {
    return yield context.df.callSubOrchestrator('waits', undefined, childOf(context));
  },
  *parentOf(context) {
    const { child } = context.df.getInput<{ child: string }>();
    return yield context.df.callSubOrchestrator('waits', { from: 'parent' }, child);
  },
  *xChildOwnId(context) {
    return yield context.df.callSubOrchestrator('echo', 1, context.df.instanceId);
  },
  *xChildAt(context) {
    return yield context.df.callSubOrchestrator('echo', 1, '@x@y');
  },
  *xChildTerminated(context) {
    try {
      return yield context.df.callSubOrchestrator('waits', undefined, childOf(context));
    } catch (error) {
      return caught(error);
    }
  },
  *xChildAgain(context) {
    return yield context.df.callSubOrchestrator('again', undefined, childOf(context));
  },
  *xChildStatus(context) {
    return yield context.df.callSubOrchestrator('xThrowsWithStatus', undefined, childOf(context));
  },
  *xChildNoId2(context) {
    return yield context.df.Task.all(['a', 'b'].map((name) => context.df.callSubOrchestrator('echo', name)));
  },
  *xRetryChild(context) {
    const options = new df.RetryOptions(1000, 2);
    try {
      return yield context.df.callSubOrchestratorWithRetry('throws', options, undefined, childOf(context));
    } catch (error) {
      return caught(error);
    }
  },
  *xVersionChild(context) {
    return context.df.version ?? null;
  },
});
