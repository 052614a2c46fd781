import type { Plane } from '../plane.js';
import type { EventSubscription } from './eventGridState.js';

const TYPE = 'Microsoft.EventGrid/eventSubscriptions';
const NESTED_TYPE = 'Microsoft.EventGrid/topics/eventSubscriptions';

/** What a write gave: until a new subscription is there, no more than that is shown (recorded). */
interface Given {
  destination?: { properties: { maxEventsPerBatch?: number | undefined } } | undefined;
  eventDeliverySchema?: string | undefined;
  filter?: { subjectBeginsWith?: string | undefined; subjectEndsWith?: string | undefined } | undefined;
}

export function idOf({ source, name, isNested }: EventSubscription): string {
  return isNested === true ? `${source}/eventSubscriptions/${name}` : `${source}/providers/${TYPE}/${name}`;
}

/**
 * An event subscription as ARM gives it, its endpoint without the query, since that may hold keys.
 *
 * @param given what the write that makes it gave; undefined for one that is there
 */
export function subscriptionBody(plane: Plane, one: EventSubscription, given?: Given): unknown {
  const id = idOf(one);
  const url = new URL(one.endpointUrl);
  const state = plane.operations.provisioningState(id);
  const batch = {
    maxEventsPerBatch: one.maxEventsPerBatch ?? 1,
    preferredBatchSizeInKilobytes: one.preferredBatchSizeInKilobytes ?? 64,
  };
  const isNew = given !== undefined;
  return {
    properties: {
      topic: topicOf(one.source),
      provisioningState: one.provisioningState === 'Succeeded' ? state : one.provisioningState,
      destination: {
        properties: {
          endpointUrl: null,
          endpointBaseUrl: `${url.origin}${url.pathname}`,
          ...(isNew && given.destination?.properties.maxEventsPerBatch === undefined ? {} : batch),
        },
        endpointType: 'WebHook',
      },
      filter: filterBody(one, given),
      labels: one.labels ?? null,
      ...(isNew && given.eventDeliverySchema === undefined ? {} : { eventDeliverySchema: one.deliverySchema }),
      retryPolicy: {
        maxDeliveryAttempts: one.maxDeliveryAttempts,
        eventTimeToLiveInMinutes: one.eventTimeToLiveInMinutes,
      },
    },
    systemData: null,
    id,
    name: one.name,
    type: one.isNested === true ? NESTED_TYPE : TYPE,
  };
}

/** Case matters only where it is said; what was not named is empty once it is there. */
function filterBody({ filter }: EventSubscription, given: Given | undefined): unknown {
  const { subjectBeginsWith, subjectEndsWith, isSubjectCaseSensitive, includedEventTypes } = filter;
  const shown = (name: 'subjectBeginsWith' | 'subjectEndsWith'): boolean =>
    given === undefined || given.filter?.[name] !== undefined;
  return {
    ...(shown('subjectBeginsWith') ? { subjectBeginsWith } : {}),
    ...(shown('subjectEndsWith') ? { subjectEndsWith } : {}),
    ...(includedEventTypes === undefined ? {} : { includedEventTypes }),
    ...(isSubjectCaseSensitive ? { isSubjectCaseSensitive } : {}),
  };
}

/** The source as Event Grid writes it: its provider and type in lower case. */
function topicOf(source: string): string {
  return source.replace(/(?<=\/providers\/)[^/]+\/[^/]+(?=\/)/i, (type) => type.toLowerCase());
}
