/**
 * callHttp: the built-in activity, and polling after a 202 (public source: DurableOrchestrationContext.CallHttpAsync).
 */
import { valueNamed } from '../../caseInsensitive.js';
import type { DurableHttpRequest } from './actions.js';
import type { ReplayContext } from './context.js';
import type { Body, Task } from './task.js';

/** Name of the activity that callHttp runs. No app can register this name. */
export const httpActivityName = 'BuiltIn::HttpActivity';

/** Sends the request and, after a 202, polls the address in it until there is another answer. */
export function* httpCall(context: ReplayContext, request: DurableHttpRequest, sleepMs: number): Body {
  const call = (one: DurableHttpRequest): Task => {
    context.countAction();
    return context.scheduleTask(httpActivityName, JSON.stringify(one));
  };
  let response = responseOf(yield call(request));
  while (response.statusCode === 202 && request.asynchronousPatternEnabled !== false) {
    const after = response.header('retry-after');
    const location = response.header('location');
    const delay = after === undefined ? sleepMs : Number.parseInt(after, 10) * 1000;
    context.countAction();
    yield context.createTimer(new Date(context.now + delay).toISOString(), false);
    if (location === undefined) throw new Error("The given key 'Location' was not present in the dictionary.");
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'x-functions-key'),
    );
    const { tokenSource } = request;
    response = responseOf(
      yield call({
        method: 'GET',
        uri: absolute(location, request.uri),
        headers,
        ...(tokenSource ? { tokenSource } : {}),
      }),
    );
  }
  return response;
}

/** The address of a poll; one that cannot be resolved fails in its activity. */
const absolute = (location: string, base: string): string =>
  URL.canParse(location, base) ? new URL(location, base).href : location;

interface HttpAnswer {
  readonly statusCode: number;
  header(name: string): string | undefined;
}

function responseOf(result: unknown): HttpAnswer {
  const value: unknown = typeof result === 'string' ? JSON.parse(result) : undefined;
  const fields: object = typeof value === 'object' && value !== null ? value : {};
  const headers: object =
    'headers' in fields && typeof fields.headers === 'object' && fields.headers !== null ? fields.headers : {};
  return {
    statusCode: 'statusCode' in fields && typeof fields.statusCode === 'number' ? fields.statusCode : 0,
    header: (name) => {
      const found: unknown = valueNamed(Object.entries(headers), name);
      return typeof found === 'string' ? found : undefined;
    },
  };
}
