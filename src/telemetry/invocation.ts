import { AsyncLocalStorage } from 'node:async_hooks';
import functions, { type PreInvocationContext } from '@azure/functions';
import type { Telemetry } from './telemetry.js';

const traces = new AsyncLocalStorage<string | undefined>();

/** The W3C trace context of the current invocation, as the host gave it; undefined outside an invocation. */
export function currentTraceParent(): string | undefined {
  return traces.getStore();
}

/**
 * Runs work as part of a trace.
 *
 * @param traceParent the W3C trace context; undefined or empty for no trace.
 */
export function inTrace<T>(traceParent: string | undefined, work: () => T): T {
  return traces.run(traceParent === '' ? undefined : traceParent, work);
}

/**
 * Adds each call to the trace of its invocation, measures how long activities take, and sends waiting telemetry when
 * the app stops. The host creates the spans of the invocations themselves (host.json: telemetryMode).
 */
export function observeInvocations(telemetry: Telemetry): void {
  functions.app.hook.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    const traceParent = invocationContext.traceContext?.traceParent;
    const isActivity = triggerOf(invocationContext) === 'activityTrigger';
    context.functionHandler = (...args: Parameters<typeof functionHandler>) =>
      inTrace(traceParent, () =>
        isActivity
          ? timed(telemetry, invocationContext.functionName, () => functionHandler(...args))
          : functionHandler(...args),
      );
  });
  functions.app.hook.appTerminate(() => telemetry.end());
}

function triggerOf(context: PreInvocationContext['invocationContext']): string {
  return context.options.trigger.type;
}

/** Measures one call of an activity. An activity returns an outcome; it throws only by a fault in this app. */
async function timed(telemetry: Telemetry, step: string, work: () => unknown): Promise<unknown> {
  const startedAt = performance.now();
  let outcome = 'threw';
  try {
    const result = await work();
    outcome = kindOf(result);
    return result;
  } finally {
    const value = (performance.now() - startedAt) / 1000;
    telemetry.measure({ name: 'onboarding.step.seconds', value, dimensions: { step, outcome } });
  }
}

function kindOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'kind' in result && typeof result.kind === 'string'
    ? result.kind
    : 'ended';
}
