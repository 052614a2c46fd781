import { randomBytes } from 'node:crypto';
import { Collection } from '../state/collection.js';
import type { Contents, Keeps } from '../state/store.js';
import type { AdvancedFilter } from './advancedFilters.js';
import type { DeliveryAttribute } from './deliveryAttributes.js';
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
  minimumTlsVersionAllowed?: string;
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
  /** Those that exist apart from the topic, by their ids. */
  userAssigned?: Record<string, { principalId: string; clientId: string }>;
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

export type EndpointType =
  | 'WebHook'
  | 'AzureFunction'
  | 'EventHub'
  | 'HybridConnection'
  | 'ServiceBusQueue'
  | 'ServiceBusTopic'
  | 'StorageQueue';

/** As which of a topic's identities to reach a destination. */
export interface ResourceIdentity {
  type: string;
  userAssignedIdentity?: string;
}

export interface EventSubscription {
  name: string;
  /** The id of the resource whose events these are: a topic, a vault, a resource group or a subscription. */
  source: string;
  /** Made as a topic's own child, rather than as an extension of whatever resource: its id and type say so. */
  isNested?: boolean;
  /** Absent: a webhook. To other destinations nothing is delivered: they are kept, and given back. */
  endpointType?: EndpointType;
  /** A webhook's. May hold keys: never in a log line, an error or a plain GET. */
  endpointUrl?: string;
  /** What else the destination consists of, as it was given: a resource's id, sizes of batches, whom to sign in as. */
  target?: Readonly<Record<string, unknown>>;
  /** May hold secrets, as `endpointUrl` may. */
  deliveryAttributeMappings?: DeliveryAttribute[];
  deliveryIdentity?: ResourceIdentity;
  /** The container that it names for dead letters; here they go to a file. */
  deadLetter?: { properties: { resourceId: string; blobContainerName: string }; identity?: ResourceIdentity };
  deliverySchema: DeliverySchema;
  filter: EventFilter;
  labels?: string[];
  /** Kept and given back; nothing ends by it. */
  expirationTimeUtc?: string;
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
