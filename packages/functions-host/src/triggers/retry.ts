/** Retry policies of triggers that support them (Azure docs: functions-bindings-error-pages, "Retry policies"). */
import { workerMessage } from '../worker/errors.js';
import type { RpcDuration, RpcRetryContext, RpcRetryOptions } from '../worker/rpc.js';

export interface RetryPolicy {
  /** Whether another attempt may follow attempt `failed` (counted from 0). */
  mayRetry(failed: number): boolean;
  /** Milliseconds until the next attempt. */
  delay(failed: number): number;
  context(attempt: number, failure: unknown): RpcRetryContext;
}

const milliseconds = (duration: RpcDuration | undefined): number => Number(String(duration?.seconds ?? 0)) * 1000;

const frames = ['ExecuteWithLoggingAsync', 'TryExecuteAsync'].map(
  (method) => `   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.${method}`,
);

/**
 * The last failure as the host's exception (observed on the real host, whose text ends with the frames of its own
 * code).
 */
const exceptionOf = (
  functionName: string,
  { message, stack = '' }: Error,
): NonNullable<RpcRetryContext['exception']> => ({
  message:
    `Microsoft.Azure.WebJobs.Host.FunctionInvocationException : Exception while executing function: Functions.${functionName}` +
    ` ---> Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException : ${workerMessage(message, stack)}`,
  stackTrace: frames.join('\n'),
  source: 'System.Private.CoreLib',
});

/** The function's policy; undefined if it has none. A maximum of -1 means no limit. */
export function retryPolicy(functionName: string, options: RpcRetryOptions | undefined): RetryPolicy | undefined {
  if (options?.maxRetryCount === undefined) return undefined;
  const { maxRetryCount } = options;
  const exponential = options.retryStrategy === 'exponentialBackoff';
  return {
    mayRetry: (failed) => maxRetryCount < 0 || failed < maxRetryCount,
    delay: (failed) =>
      exponential
        ? Math.min(milliseconds(options.minimumInterval) * 2 ** failed, milliseconds(options.maximumInterval))
        : milliseconds(options.delayInterval),
    context: (attempt, failure) => ({
      retryCount: attempt,
      maxRetryCount,
      ...(failure instanceof Error ? { exception: exceptionOf(functionName, failure) } : {}),
    }),
  };
}
