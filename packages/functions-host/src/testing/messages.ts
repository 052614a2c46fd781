/** Messages between a test and the process of its host. The app may send messages of its own, which are ignored. */
import type { HostFunction, HostKeys, LogLine } from './functionsHost.js';

/** Carries a message, so that messages of the app are not taken for one. */
const envelope = 'functions-host';

/** Requests to the process of a host. Times are milliseconds since the epoch. */
export type Order =
  | {
      readonly kind: 'start';
      readonly appDir: string;
      readonly dataDir: string;
      readonly inMemory: boolean;
      readonly port: number;
      readonly strict: boolean;
      /** The time at which a jumping clock starts; absent: the machine's time. */
      readonly startAt?: number;
    }
  | {
      readonly kind: 'jump';
      readonly number: number;
      /** Absent: the next due time. */
      readonly to?: number;
      /** Real milliseconds after which it gives up. */
      readonly within: number;
    }
  | { readonly kind: 'time'; readonly number: number }
  | { readonly kind: 'stop' };

/** What the process of a host reports. */
export type Report =
  | { readonly kind: 'log'; readonly line: LogLine }
  | {
      readonly kind: 'serving';
      readonly url: string;
      readonly keys: HostKeys;
      readonly functions: readonly HostFunction[];
    }
  | { readonly kind: 'failed'; readonly message: string }
  /** The answer to `time` or `jump` with that number. */
  | ({ readonly kind: 'time'; readonly number: number } & Moment);

/** The time of a host, and how it came there. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Due times that the jump stopped at. */
  readonly stops: number;
  /** True if the app was still busy at the end of `within`. */
  readonly busy: boolean;
}

/** Packs a message. */
export const packed = (message: Order | Report): object => ({ [envelope]: message });

/** Unpacks an order; undefined for a message from another sender. */
export const orderIn = (message: unknown): Order | undefined => contentOf(message) as Order | undefined;

/** Unpacks a report; undefined for a message from another sender. */
export const reportIn = (message: unknown): Report | undefined => contentOf(message) as Report | undefined;

function contentOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? (Reflect.get(message, envelope) as unknown) : undefined;
}
