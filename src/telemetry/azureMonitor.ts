import type { TokenCredential } from '@azure/identity';
import type { Context } from '@opentelemetry/api';
import { METRICS, type MetricName } from './metrics.js';
import type { CallSpan, Measurement, TelemetrySink } from './telemetry.js';

const SCOPE = 'connected-registry-onboarding';
/** Milliseconds between two sendings of metrics. */
const INTERVAL = 60_000;
/** What is counted; the rest is measured, and has a least, a greatest and a mean. */
const COUNTED: readonly MetricName[] = ['onboarding.operations', 'onboarding.calls', 'onboarding.residue'];

interface Destination {
  readonly connectionString: string;
  /** Absent where the destination takes telemetry from anybody. */
  readonly credential?: TokenCredential;
  /** Name of the app among those that send to one destination. */
  readonly role: string;
}

/** A bundle hands a package in CommonJS over as its default export only; Node gives its names besides. */
async function whole<Module extends object>(loaded: Promise<Module>): Promise<Module> {
  const module: Module & { readonly default?: unknown } = await loaded;
  const { default: exported } = module;
  return typeof exported === 'object' && exported !== null ? (exported as Module) : module;
}

/** OpenTelemetry's SDK with Azure Monitor's exporters. Importing this file loads nothing; calling does. */
export async function azureMonitorSink({ connectionString, credential, role }: Destination): Promise<TelemetrySink> {
  // The exporters would tell their maker how they fare, from wherever they run.
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
    // Also where the host has not sampled the invocation: these are few, and tell of throttling.
    sampler: new tracing.AlwaysOnSampler(),
    spanProcessors: [new tracing.BatchSpanProcessor(new azure.AzureMonitorTraceExporter(options))],
  });
  const tracer = tracerProvider.getTracer(SCOPE);

  /** The host's span of the invocation, as `00-{trace}-{span}-{flags}` (W3C Trace Context). */
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
