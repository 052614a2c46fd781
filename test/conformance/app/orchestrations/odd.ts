// What apps do by mistake, and values that JSON does not have.
import * as df from 'durable-functions';

import { caught, register } from './names.js';

/** Values of an activity that the extension changes or refuses. */
const values: Record<string, () => unknown> = {
  notANumber: () => Number.NaN,
  infinite: () => Number.POSITIVE_INFINITY,
  overInt64: () => 1e21,
  small: () => 1e-7,
  typed: () => ({ $type: 'System.String, mscorlib', a: { $type: 'x' } }),
  withId: () => ({ $id: '1', a: 1 }),
  withRef: () => ({ $ref: '#/definitions/port', description: 'a sibling' }),
  wrapped: () => ({ $values: [1, 2] }),
  lines: () => 'a\u2028b\u0085',
  deep: () => nested(64),
  tooDeep: () => nested(65),
};

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { v: nested(depth - 1) };
}

df.app.activity('odd', { handler: (name: string) => values[name]?.() });
df.app.activity('metadata', { handler: (_: unknown, context) => context.triggerMetadata });

const plainMembers = { name: 'n', list: [1], nested: { a: 1 }, flag: true, none: null, half: 1.5, whole: 7 };

register({
  *oddActivity(context) {
    try {
      return { made: yield context.df.callActivity('odd', context.df.getInput()) };
    } catch (error) {
      return caught(error);
    }
  },
  *oddOutput(context) {
    return values[context.df.getInput<string>()]?.();
  },
  *oddStatus(context) {
    context.df.setCustomStatus(values[context.df.getInput<string>()]?.());
    yield context.df.callActivity('say', 'a');
  },
  *oddMetadata(context) {
    return yield context.df.callActivity('metadata', {
      ...plainMembers,
      when: '2026-01-01T10:20:30.5Z',
      offset: '2020-01-01T10:00:00+02:00',
      text: '',
    });
  },
  /** The start that the history has of this run, by what can be compared: its number and the form of its execution. */
  *startedAs(context) {
    const again = context.df.getInput<number>() ?? 0;
    if (again > 0) {
      context.df.continueAsNew(again - 1);
      return undefined;
    }
    return yield context.df.callSubOrchestrator('childForm');
  },
  *childForm(context) {
    return context.df.instanceId.includes('-') ? 'with dashes' : 'without dashes';
  },
  *oddTimer(context) {
    yield context.df.createTimer(new Date('no such day'));
  },
  *oddRetry(context) {
    yield context.df.callActivityWithRetry('fail', new df.RetryOptions(context.df.getInput<number>(), 2), 'x');
  },
  *retryWithoutPause(context) {
    const options = new df.RetryOptions(200, 3);
    options.maxRetryIntervalInMilliseconds = 0;
    yield context.df.callActivityWithRetry('fail', options, 'x');
  },
  *unstableChild(context) {
    if (context.df.isReplaying) yield context.df.callActivity('same', 'b');
    else yield context.df.callActivity('say', 'a');
  },
  *callsUnstable(context) {
    try {
      yield context.df.callSubOrchestrator('unstableChild', undefined, `${context.df.instanceId}-child`);
      return 'not caught';
    } catch (error) {
      return caught(error);
    }
  },
  /** callHttp with any request. */
  *asks(context) {
    const { method, url, headers, body } = context.df.getInput<df.CallHttpOptions>();
    try {
      const response = yield context.df.callHttp({
        method,
        url,
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: response.statusCode as unknown,
        content: response.content as unknown,
        headers: response.headers as unknown,
      };
    } catch (error) {
      return caught(error);
    }
  },
});
