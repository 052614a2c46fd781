import { randomBytes } from 'node:crypto';
import type { AnyEvent } from './events.js';

const FORMAT = 1;

export type InputSchema = 'EventGridSchema' | 'CloudEventSchemaV1_0';
export type DeliverySchema = InputSchema;

export interface Topic {
  name: string;
  resourceGroup: string;
  /** What publishers may send. A topic of the real service takes one schema; the seeded ones here take both. */
  inputSchemas: InputSchema[];
  keys: [key1: string, key2: string];
}

export interface EventFilter {
  subjectBeginsWith: string;
  subjectEndsWith: string;
  isSubjectCaseSensitive: boolean;
  /** Undefined: all types. */
  includedEventTypes?: string[];
}

export interface EventSubscription {
  name: string;
  /** The id of the resource whose events these are: a topic, a vault, a resource group or a subscription. */
  source: string;
  /** May hold keys: never in a log line, an error or a plain GET. */
  endpointUrl: string;
  deliverySchema: DeliverySchema;
  filter: EventFilter;
  maxDeliveryAttempts: number;
  eventTimeToLiveInMinutes: number;
  provisioningState: 'Succeeded' | 'AwaitingManualAction' | 'Failed';
  /** For validation by hand: while this is here, nothing is delivered. */
  validationCode?: string;
  created: string;
}

/** One event on its way to one subscriber. */
export interface Delivery {
  id: string;
  source: string;
  subscription: string;
  event: AnyEvent;
  published: string;
  /** Attempts made so far. */
  attempts: number;
  /** When the next attempt is due. */
  due: string;
  lastOutcome?: string;
}

export interface EventGridState {
  topics: Topic[];
  subscriptions: EventSubscription[];
  deliveries: Delivery[];
}

export function storedEventGridState(state: EventGridState): unknown {
  return { format: FORMAT, ...state };
}

/** @throws when the file is of another version of this program */
export function reviveEventGridState(stored: unknown): EventGridState {
  if (stored === undefined) return { topics: [], subscriptions: [], deliveries: [] };
  const { format, topics, subscriptions, deliveries } = stored as EventGridState & { format: number };
  if (format !== FORMAT) throw new Error('the event store is of another version; start with --reset to begin anew');
  return { topics, subscriptions, deliveries };
}

export function makeTopicKey(): string {
  return randomBytes(32).toString('base64');
}
