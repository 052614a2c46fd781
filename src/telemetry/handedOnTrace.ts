import type { ContextManager, SpanContext, TextMapPropagator } from '@opentelemetry/api';
import { currentTraceParent } from './invocation.js';

/** `00-{trace}-{span}-{flags}`. Source: W3C Trace Context, section 3.2. */
const TRACE_PARENT = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/**
 * Makes the durable client pass an invocation's trace to the run that it starts. The client sends the trace in
 * OpenTelemetry's active context (durable-functions, DurableClient getDistributedTracingHeaders). The app sets that
 * context here, because the host creates the spans of invocations outside this process.
 */
export async function handOnTraces(): Promise<void> {
  const { context, propagation, ROOT_CONTEXT, trace } = await import('@opentelemetry/api');
  const active: ContextManager['active'] = () => {
    const present = spanContext(currentTraceParent());
    return present ? trace.setSpanContext(ROOT_CONTEXT, present) : ROOT_CONTEXT;
  };
  const manager: ContextManager = {
    active,
    with: (_context, work, thisArg, ...args) => Reflect.apply(work, thisArg, args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  const propagator: TextMapPropagator = {
    inject: (_context, carrier, setter) => {
      const traceParent = currentTraceParent();
      if (traceParent !== undefined) setter.set(carrier, 'traceparent', traceParent);
    },
    extract: (given) => given,
    fields: () => ['traceparent'],
  };
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(propagator);
}

function spanContext(traceParent: string | undefined): SpanContext | undefined {
  const { traceId, spanId, flags } = TRACE_PARENT.exec(traceParent ?? '')?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
