import type { MetricName } from './metrics.js';

/** One value of a metric, with its dimensions. */
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
  /** The W3C trace context of the call's invocation; absent when the host gave none. */
  readonly traceParent?: string;
}

/** Where telemetry goes. */
export interface TelemetrySink {
  measure(measurement: Measurement): void;
  span(span: CallSpan): void;
  /** Sends waiting telemetry, and closes the sink. */
  end(): Promise<void>;
}

/**
 * The app's telemetry. It never throws, and does not slow the start: the sink is loaded after the first measurement.
 */
export type Telemetry = TelemetrySink;

/** Milliseconds from the first measurement until the sink is loaded: the invocation has probably ended by then. */
const LOAD_AFTER = 2000;
/** Maximum measurements and spans that wait for the sink; further ones are dropped. */
const MAX_WAITING = 5000;

/**
 * Creates telemetry whose sink is loaded later.
 *
 * @param load creates the sink; called once.
 * @param warn called once when the sink cannot be created; the app continues without telemetry.
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
        for (const send of waiting) send(made);
        waiting = [];
      },
      (error: unknown) => {
        waiting = [];
        warn(
          `Telemetry cannot be sent (${error instanceof Error ? error.name : 'unknown error'}); the app continues without it.`,
        );
      },
    ));

  function enqueue(send: (sink: TelemetrySink) => void): void {
    if (sink) return send(sink);
    if (waiting.length < MAX_WAITING) waiting.push(send);
    timer ??= setTimeout(() => void begin(), LOAD_AFTER).unref();
  }

  return {
    measure: (measurement) => enqueue((to) => to.measure(measurement)),
    span: (span) => enqueue((to) => to.span(span)),
    end: async () => {
      clearTimeout(timer);
      if (waiting.length > 0) await begin();
      await sink?.end();
    },
  };
}
