import type { TokenCredential } from '@azure/identity';
import type { Context } from '@opentelemetry/api';
import { METRICS, type MetricName } from './metrics.js';
import type { CallSpan, Measurement, TelemetrySink } from './telemetry.js';

const SCOPE = 'connected-registry-onboarding';
/** Milliseconds between two exports of metrics. */
const INTERVAL = 60_000;
/** Metrics that are counters; the others are histograms, with minimum, maximum and mean. */
const COUNTED: readonly MetricName[] = ['onboarding.operations', 'onboarding.calls', 'onboarding.residue'];

interface Destination {
  readonly connectionString: string;
  /** Absent when the destination accepts telemetry without authentication. */
  readonly credential?: TokenCredential;
  /** The app's name at the destination, which several apps may share. */
  readonly role: string;
}

/** Gives the exports of a CommonJS package: a bundle has them in the default export only, Node also by name. */
async function whole<Module extends object>(loaded: Promise<Module>): Promise<Module> {
  const module: Module & { readonly default?: unknown } = await loaded;
  const { default: exported } = module;
  return typeof exported === 'object' && exported !== null ? (exported as Module) : module;
}

/**
 * Creates a sink with OpenTelemetry's SDK and Azure Monitor's exporters. The SDK is loaded by the call, not by the
 * import of this file.
 */
export async function azureMonitorSink({ connectionString, credential, role }: Destination): Promise<TelemetrySink> {
  // By default the exporters also send statistics about themselves to Microsoft.
  process.env['APPLICATIONINSIGHTS_STATSBEAT_DISABLED'] ??= 'true';
  const [api, metrics, tracing, resources, azure] = await Promise.all([
    import('@opentelemetry/api'),
    whole(import('@opentelemetry/sdk-metrics')),
    whole(import('@opentelemetry/sdk-trace-base')),
    whole(import('@opentelemetry/resources')),
    import('@azure/monitor-opentelemetry-exporter'),
  ]);
  const options = { connectionString, disableOfflineStorage: true, ...(credential ? { credential } : {}) };
  const resource = resources.resourceFromAttributes({ 'service.name': role });

  const meterProvider = new metrics.MeterProvider({
    resource,
    readers: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new azure.AzureMonitorMetricExporter(options),
        exportIntervalMillis: INTERVAL,
      }),
    ],
  });
  const meter = meterProvider.getMeter(SCOPE);
  const instruments = new Map(
    Object.entries(METRICS).map(([name, { unit, says }]) => {
      const about = { unit, description: says };
      if (COUNTED.some((one) => one === name)) {
        const counter = meter.createCounter(name, about);
        return [name, (value: number, by: Measurement['dimensions']) => counter.add(value, by)] as const;
      }
      const histogram = meter.createHistogram(name, about);
      return [name, (value: number, by: Measurement['dimensions']) => histogram.record(value, by)] as const;
    }),
  );

  const tracerProvider = new tracing.BasicTracerProvider({
    resource,
    // Every span is kept, also of invocations that the host has not sampled: there are few, and they show throttling.
    sampler: new tracing.AlwaysOnSampler(),
    spanProcessors: [new tracing.BatchSpanProcessor(new azure.AzureMonitorTraceExporter(options))],
  });
  const tracer = tracerProvider.getTracer(SCOPE);

  /** Parses the host's span of the invocation: `00-{trace}-{span}-{flags}` (W3C Trace Context). */
  function parentOf(traceParent: string | undefined): Context {
    const [, traceId = '', spanId = '', flags = '00'] = traceParent?.split('-') ?? [];
    const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return api.isSpanContextValid(found) ? api.trace.setSpanContext(api.ROOT_CONTEXT, found) : api.ROOT_CONTEXT;
  }

  return {
    measure: ({ name, value, dimensions }) => instruments.get(name)?.(value, dimensions),
    span: ({ name, startedAt, endedAt, outcome, traceParent }: CallSpan) => {
      const kind = api.SpanKind.CLIENT;
      const span = tracer.startSpan(
        name,
        { kind, startTime: startedAt, attributes: { outcome } },
        parentOf(traceParent),
      );
      if (outcome !== 'succeeded') span.setStatus({ code: api.SpanStatusCode.ERROR, message: outcome });
      span.end(endedAt);
    },
    end: async () => {
      await Promise.allSettled([meterProvider.shutdown(), tracerProvider.shutdown()]);
    },
  };
}
