/** The time limit of a function (Azure docs: functions-host-json, "functionTimeout"). */
import { sameName } from './caseInsensitive.js';
import { textSetting, type HostJson } from './config/hostJson.js';
import type { HostLog } from './log/log.js';
import { formatTimeSpan, parseTimeSpan } from '@connected-registry/clock/schedules/timeSpan';
import { InvocationError, type AppFunction, type RpcInvocation } from './worker/app.js';

/** The default outside the Consumption plan. */
const defaultTimeout = '00:30:00';

/** The setting in milliseconds; undefined if there is no limit (`-1`). */
export function functionTimeout(hostJson: HostJson): number | undefined {
  const text = textSetting(hostJson, defaultTimeout, 'functionTimeout');
  if (text.trim() === '-1' || hostJson.get('functionTimeout') === -1) return undefined;
  const span = parseTimeSpan(text);
  if (span === undefined || span <= 0)
    throw new Error(`host.json: functionTimeout '${text}' is neither a time span (hh:mm:ss) nor -1 for no limit`);
  return span;
}

/** An invocation exceeded its time limit; the real host's FunctionTimeoutException. */
export class FunctionTimeoutError extends InvocationError {
  constructor(
    functionName: string,
    readonly timeout: string,
    readonly invocationId: string,
  ) {
    const message = `Timeout value of ${timeout} was exceeded by function: Functions.${functionName}`;
    super({
      name: 'FunctionTimeoutException',
      message,
      stack: `FunctionTimeoutException: ${message}`,
      isUserException: false,
    });
  }
}

/** When a running invocation fails because of the time that it takes. */
export interface TimeLimit {
  /** Real milliseconds, whatever clock the host follows, because functions wait in real time. */
  readonly after: number;
  /** Logs that the limit is exceeded, and creates the invocation's error. */
  exceeded(): Error;
}

/**
 * The time limit of invocations. The real host ends the worker process at the limit, with everything that runs in it,
 * and starts another one. Here the function's code continues, because it cannot be ended from outside, and its result
 * is dropped. Orchestrators have no limit, because they do not wait.
 */
export function timeLimits(
  find: (name: string) => AppFunction | undefined,
  { limit, log }: { limit: number | undefined; log: HostLog },
): (name: string, invocation: RpcInvocation) => TimeLimit | undefined {
  return (name, { invocationId = '' }) => {
    if (limit === undefined || sameName(find(name)?.triggerType, 'orchestrationtrigger')) return undefined;
    return {
      after: Math.min(limit, 0x7fffffff),
      exceeded: () => {
        const known = find(name)?.name ?? name;
        const error = new FunctionTimeoutError(known, formatTimeSpan(limit), invocationId);
        log.error(
          `Timeout value of ${error.timeout} exceeded by function 'Functions.${known}'. Its result will be dropped; its code runs on. Cure: end in time, or raise functionTimeout in host.json.`,
          { functionName: known, invocationId },
        );
        return error;
      },
    };
  };
}
