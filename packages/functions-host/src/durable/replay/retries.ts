/** Retries of a call, and timers longer than storage supports. Both are loops of tasks. */
import type { RetryOptions } from './actions.js';
import type { ReplayContext } from './context.js';
import type { Body, Task } from './task.js';

const isoOf = (time: number): string => new Date(time).toISOString();

/**
 * Retries a call as the framework's RetryInterceptor does: there is a timer also after the last failed attempt (public
 * source: Azure/durabletask, RetryInterceptor.cs).
 * @param longestDelay maximum delay if the options have none, ms
 * @param outOfTime called with the id of the failed attempt when `retryTimeoutInMilliseconds` has passed
 * @param noPause called with the id of the failed attempt when the next one would follow without a pause
 */
export function* withRetry(
  context: ReplayContext,
  call: () => Task,
  options: RetryOptions,
  longestDelay: number,
  outOfTime: (id: number) => void,
  noPause: (id: number) => void,
): Body {
  const began = context.now;
  const attempts = options.maxNumberOfAttempts;
  let lastError: Error | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const id = context.nextId;
    try {
      return yield call();
    } catch (error) {
      lastError = error instanceof Error ? error : new Error(String(error));
    }
    if (attempt + 1 === attempts) {
      yield context.createTimer(isoOf(context.now), false);
      break;
    }
    const timeout = options.retryTimeoutInMilliseconds;
    if (timeout !== undefined && context.now >= began + timeout) {
      outOfTime(id);
      break;
    }
    const delay = Math.min(
      options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** attempt,
      options.maxRetryIntervalInMilliseconds ?? longestDelay,
    );
    // The framework takes no pause for no further attempt, of which the executor knows nothing.
    if (delay === 0) {
      noPause(id);
      break;
    }
    yield context.createTimer(isoOf(context.now + delay), false);
  }
  if (lastError !== undefined) throw lastError;
  return undefined;
}

/**
 * A timer. One beyond the maximum consists of several. While one is in progress, a mark is set on the whole
 * orchestration. The timer's end clears the mark, but its cancellation does not: then every later timer is created
 * again each time it fires early, and one whose time has passed is not created at all (public source:
 * Azure/azure-functions-durable-extension, DurableOrchestrationContext.cs, CreateTimer and IsLongRunningTimer).
 * @param afterLong called when a timer is affected by the mark of another
 */
export function* timer(
  context: ReplayContext,
  fireAt: string,
  cancelled: boolean,
  limits: { maximumShortTimerMs: number; longTimerIntervalMs: number },
  afterLong: () => void,
): Body {
  const at = Date.parse(fireAt);
  const isLong = at - context.now > limits.maximumShortTimerMs;
  if (!isLong && !context.inLongTimer) {
    context.countAction();
    yield context.createTimer(fireAt, cancelled);
    return undefined;
  }
  if (!isLong) afterLong();
  context.inLongTimer = true;
  let next = isLong ? context.now + limits.longTimerIntervalMs : at;
  while (context.now < at) {
    context.countAction();
    yield context.createTimer(isoOf(next), cancelled, !isLong);
    // The exception of the cancelled token changes nothing.
    if (cancelled) return undefined;
    const left = at - context.now;
    if (left <= 0) break;
    next = context.now + Math.min(left, limits.longTimerIntervalMs);
  }
  context.inLongTimer = false;
  return undefined;
}
