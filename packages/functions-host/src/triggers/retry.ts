/** Retry policies of triggers that support them (Azure docs: functions-bindings-error-pages, "Retry policies"). */
import type { RpcDuration, RpcRetryContext, RpcRetryOptions } from '../worker/rpc.js';

export interface RetryPolicy {
  /** Whether another attempt may follow attempt `failed` (counted from 0). */
  mayRetry(failed: number): boolean;
  /** Milliseconds until the next attempt. */
  delay(failed: number): number;
  context(attempt: number, failure: unknown): RpcRetryContext;
}

const milliseconds = (duration: RpcDuration | undefined): number => Number(String(duration?.seconds ?? 0)) * 1000;

/** The function's policy; undefined if it has none. A maximum of -1 means no limit. */
export function retryPolicy(options: RpcRetryOptions | undefined): RetryPolicy | undefined {
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
      ...(failure instanceof Error
        ? { exception: { message: failure.message, stackTrace: failure.stack ?? '', source: '' } }
        : {}),
    }),
  };
}
