import { AsyncLocalStorage } from 'node:async_hooks';
import functions, { type PreInvocationContext } from '@azure/functions';
import type { Telemetry } from './telemetry.js';

const traces = new AsyncLocalStorage<string | undefined>();

/** The W3C trace context of the present invocation, as the host gave it. */
export function currentTraceParent(): string | undefined {
  return traces.getStore();
}

/** Does work as part of a trace; without one, of none. */
export function inTrace<T>(traceParent: string | undefined, work: () => T): T {
  return traces.run(traceParent === '' ? undefined : traceParent, work);
}

/**
 * Has every invocation's calls belong to its trace, times every activity, and sends what is waiting when the app ends. The
 * spans of the invocations themselves are the host's (host.json: telemetryMode).
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

/** An activity ends as an outcome, or throws what only a fault of ours throws. */
async function timed(telemetry: Telemetry, step: string, work: () => unknown): Promise<unknown> {
  const startedAt = Date.now();
  let outcome = 'threw';
  try {
    const result = await work();
    outcome = kindOf(result);
    return result;
  } finally {
    const value = (Date.now() - startedAt) / 1000;
    telemetry.measure({ name: 'onboarding.step.seconds', value, dimensions: { step, outcome } });
  }
}

function kindOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'kind' in result && typeof result.kind === 'string'
    ? result.kind
    : 'ended';
}
