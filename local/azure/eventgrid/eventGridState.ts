import { randomBytes } from 'node:crypto';
import { Collection } from '../state/collection.js';
import type { Contents, Keeps } from '../state/store.js';
import type { AdvancedFilter } from './advancedFilters.js';
import type { AnyEvent } from './events.js';

export const EVENT_GRID_FORMAT = 2;

export type InputSchema = 'EventGridSchema' | 'CloudEventSchemaV1_0';
export type DeliverySchema = InputSchema;

export interface Topic {
  name: string;
  resourceGroup: string;
  /** What publishers may send. A topic of the real service takes one schema; the seeded ones here take both. */
  inputSchemas: InputSchema[];
  keys: [key1: string, key2: string];
  /** Absent for those that there are from the start: where their group is. */
  location?: string;
  tags?: Record<string, string>;
  identity?: TopicIdentity;
  publicNetworkAccess?: string;
  inboundIpRules?: { ipMask: string; action: string }[];
  disableLocalAuth?: boolean;
  metricResourceId?: string;
}

/** What events an Azure resource has of itself, as a resource of its own. */
export interface SystemTopic {
  name: string;
  resourceGroup: string;
  /** `global` for a subscription's or a resource group's. */
  location: string;
  /** The id of the resource whose events these are. */
  source: string;
  topicType: string;
  metricResourceId: string;
  tags?: Record<string, string>;
  identity?: TopicIdentity;
}

export interface TopicIdentity {
  type: string;
  principalId: string | null;
  tenantId: string | null;
}

export interface EventFilter {
  subjectBeginsWith: string;
  subjectEndsWith: string;
  isSubjectCaseSensitive: boolean;
  /** Undefined: all types. */
  includedEventTypes?: string[];
  advancedFilters?: AdvancedFilter[];
  enableAdvancedFilteringOnArrays?: boolean;
}

export interface EventSubscription {
  name: string;
  /** The id of the resource whose events these are: a topic, a vault, a resource group or a subscription. */
  source: string;
  /** Made as a topic's own child, rather than as an extension of whatever resource: its id and type say so. */
  isNested?: boolean;
  /** May hold keys: never in a log line, an error or a plain GET. */
  endpointUrl: string;
  deliverySchema: DeliverySchema;
  filter: EventFilter;
  labels?: string[];
  maxEventsPerBatch?: number;
  preferredBatchSizeInKilobytes?: number;
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
  topics: Collection<Topic>;
  systemTopics: Collection<SystemTopic>;
  subscriptions: Collection<EventSubscription>;
  deliveries: Collection<Delivery>;
}

export function emptyEventGridState(): EventGridState {
  return {
    topics: new Collection(),
    systemTopics: new Collection(),
    subscriptions: new Collection<EventSubscription>([], { keyOf: subscriptionKey }),
    deliveries: new Collection<Delivery>([], { keyOf: ({ id }) => id }),
  };
}

export function subscriptionKey({ source, name }: Pick<EventSubscription, 'source' | 'name'>): string {
  return `${source}/${name}`.toLowerCase();
}

/** How it lies on disk. */
export function eventGridContents(state: EventGridState): Contents {
  const { topics, systemTopics, subscriptions, deliveries } = state;
  const lists: Record<string, Keeps> = { topics, systemTopics, subscriptions, deliveries };
  return { format: EVENT_GRID_FORMAT, facts: {}, tables: () => Object.entries(lists), table: (name) => lists[name] };
}

export function makeTopicKey(): string {
  return randomBytes(32).toString('base64');
}
