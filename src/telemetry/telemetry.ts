import type { MetricName } from './metrics.js';

/** One value of a metric, with what it is counted by. */
export interface Measurement {
  readonly name: MetricName;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One call of an Azure service. Times are milliseconds since the epoch. */
export interface CallSpan {
  /** For instance `controlPlane.createToken`. */
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  /** The W3C trace context of the invocation that it belongs to; absent where the host gave none. */
  readonly traceParent?: string;
}

/** Where telemetry goes. */
export interface TelemetrySink {
  measure(measurement: Measurement): void;
  span(span: CallSpan): void;
  /** Sends what is waiting, and ends. */
  end(): Promise<void>;
}

/** What the app tells of itself. Never fails, and costs no start: the sink is loaded after the first that is told. */
export type Telemetry = TelemetrySink;

/** The sink's modules are loaded when whatever told first is likely to be over. */
const LOAD_AFTER = 2000;
/** What is told while the sink cannot be had; more is dropped. */
const MAX_WAITING = 5000;

/**
 * @param load makes the sink, once, on the first telemetry.
 * @param warn told once when that fails; the app goes on without.
 */
export function createTelemetry(load: () => Promise<TelemetrySink>, warn: (text: string) => void): Telemetry {
  let waiting: ((sink: TelemetrySink) => void)[] = [];
  let sink: TelemetrySink | undefined;
  let loading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const begin = (): Promise<void> =>
    (loading ??= load().then(
      (made) => {
        sink = made;
        for (const tell of waiting) tell(made);
        waiting = [];
      },
      (error: unknown) => {
        waiting = [];
        warn(
          `Telemetry cannot be sent (${error instanceof Error ? error.name : 'unknown error'}); the app goes on without.`,
        );
      },
    ));

  function tell(what: (sink: TelemetrySink) => void): void {
    if (sink) return what(sink);
    if (waiting.length < MAX_WAITING) waiting.push(what);
    timer ??= setTimeout(() => void begin(), LOAD_AFTER).unref();
  }

  return {
    measure: (measurement) => tell((to) => to.measure(measurement)),
    span: (span) => tell((to) => to.span(span)),
    end: async () => {
      clearTimeout(timer);
      if (waiting.length > 0) await begin();
      await sink?.end();
    },
  };
}
