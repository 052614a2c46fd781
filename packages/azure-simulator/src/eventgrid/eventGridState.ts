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
  /** Schemas that publishers may send. A topic of the real service accepts one; the seeded ones here accept both. */
  inputSchemas: InputSchema[];
  keys: [key1: string, key2: string];
  /** Absent for topics that exist from the start: their group's location. */
  location?: string;
  tags?: Record<string, string>;
  identity?: TopicIdentity;
  publicNetworkAccess?: string;
  inboundIpRules?: { ipMask: string; action: string }[];
  disableLocalAuth?: boolean;
  minimumTlsVersionAllowed?: string;
  metricResourceId?: string;
}

/** An Azure resource's own events, as a resource. */
export interface SystemTopic {
  name: string;
  resourceGroup: string;
  /** `global` for a subscription or a resource group. */
  location: string;
  /** The id of the resource that publishes the events. */
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
  /** User-assigned identities, by id. */
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

/** The topic's identity that authenticates at a destination. */
export interface ResourceIdentity {
  type: string;
  userAssignedIdentity?: string;
}

export interface EventSubscription {
  name: string;
  /** The id of the resource that publishes the events: a topic, a vault, a resource group or a subscription. */
  source: string;
  /** Created as a child of a topic, instead of as an extension of any resource. Its id and type differ. */
  isNested?: boolean;
  /** Absent: a webhook. Other destinations are stored and returned, but nothing is delivered to them. */
  endpointType?: EndpointType;
  /** A webhook's address. May contain keys: never in a log line, an error or a plain GET. */
  endpointUrl?: string;
  /** The other fields of the destination as given: a resource's id, batch sizes, an identity. */
  target?: Readonly<Record<string, unknown>>;
  /** May contain secrets, like `endpointUrl`. */
  deliveryAttributeMappings?: DeliveryAttribute[];
  deliveryIdentity?: ResourceIdentity;
  /** The container for dead letters; here they are written to a file. */
  deadLetter?: { properties: { resourceId: string; blobContainerName: string }; identity?: ResourceIdentity };
  deliverySchema: DeliverySchema;
  filter: EventFilter;
  labels?: string[];
  /** Stored and returned; nothing expires. */
  expirationTimeUtc?: string;
  maxDeliveryAttempts: number;
  eventTimeToLiveInMinutes: number;
  provisioningState: 'Succeeded' | 'AwaitingManualAction' | 'Failed';
  /** For manual validation: while it is set, nothing is delivered. */
  validationCode?: string;
  created: string;
}

/** One event in delivery to one subscriber. */
export interface EventDelivery {
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
  deliveries: Collection<EventDelivery>;
}

export function emptyEventGridState(): EventGridState {
  return {
    topics: new Collection(),
    systemTopics: new Collection(),
    subscriptions: new Collection<EventSubscription>([], { keyOf: subscriptionKey }),
    deliveries: new Collection<EventDelivery>([], { keyOf: ({ id }) => id }),
  };
}

export function subscriptionKey({ source, name }: Pick<EventSubscription, 'source' | 'name'>): string {
  return `${source}/${name}`.toLowerCase();
}

/** The format on disk. */
export function eventGridContents(state: EventGridState): Contents {
  const { topics, systemTopics, subscriptions, deliveries } = state;
  const lists: Record<string, Keeps> = { topics, systemTopics, subscriptions, deliveries };
  return { format: EVENT_GRID_FORMAT, facts: {}, tables: () => Object.entries(lists), table: (name) => lists[name] };
}

export function makeTopicKey(): string {
  return randomBytes(32).toString('base64');
}
