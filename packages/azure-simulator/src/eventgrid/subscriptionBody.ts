import { versionOf } from '../arm/armRoute.js';
import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import { deadLetterBody, destinationsBody, type GivenDestinations } from './destinations.js';
import type { EventSubscription } from './eventGridState.js';
import { nothingKnown } from './since.js';

const TYPE = 'Microsoft.EventGrid/eventSubscriptions';

/** What a PUT gave: its answer shows no more than that (recorded). */
interface Given extends GivenDestinations {
  eventDeliverySchema?: string | undefined;
  filter?: { subjectBeginsWith?: string | undefined; subjectEndsWith?: string | undefined } | undefined;
}

export function idOf({ source, name, isNested }: EventSubscription): string {
  return isNested === true ? `${source}/eventSubscriptions/${name}` : `${source}/providers/${TYPE}/${name}`;
}

/**
 * An event subscription as ARM gives it, its endpoint without the query, since that may hold keys.
 *
 * @param given what the PUT gave that makes it, or makes it anew; undefined for one that is there
 */
export function subscriptionBody(plane: Plane, call: Call, one: EventSubscription, given?: Given): unknown {
  const id = idOf(one);
  const state = plane.operations.provisioningState(id);
  const isNew = given !== undefined;
  return {
    properties: {
      topic: topicOf(one),
      provisioningState: one.provisioningState === 'Succeeded' ? state : one.provisioningState,
      ...destinationsBody(one, given),
      filter: filterBody(one, given),
      labels: one.labels ?? null,
      ...(isNew && given.eventDeliverySchema === undefined ? {} : { eventDeliverySchema: one.deliverySchema }),
      retryPolicy: {
        maxDeliveryAttempts: one.maxDeliveryAttempts,
        eventTimeToLiveInMinutes: one.eventTimeToLiveInMinutes,
      },
      ...deadLetterBody(one),
      ...(one.expirationTimeUtc === undefined ? {} : { expirationTimeUtc: one.expirationTimeUtc }),
    },
    ...nothingKnown(versionOf(call)),
    id,
    name: one.name,
    type: one.isNested === true ? `${typeOf(one.source)}/eventSubscriptions` : TYPE,
  };
}

/** Case matters only where it is said; what was not named is empty once it is there. */
function filterBody({ filter }: EventSubscription, given: Given | undefined): unknown {
  const { subjectBeginsWith, subjectEndsWith, isSubjectCaseSensitive, includedEventTypes } = filter;
  const { advancedFilters, enableAdvancedFilteringOnArrays } = filter;
  const shown = (name: 'subjectBeginsWith' | 'subjectEndsWith'): boolean =>
    given === undefined || given.filter?.[name] !== undefined;
  return {
    ...(shown('subjectBeginsWith') ? { subjectBeginsWith } : {}),
    ...(shown('subjectEndsWith') ? { subjectEndsWith } : {}),
    ...(includedEventTypes === undefined ? {} : { includedEventTypes }),
    ...(isSubjectCaseSensitive ? { isSubjectCaseSensitive } : {}),
    ...(enableAdvancedFilteringOnArrays === undefined ? {} : { enableAdvancedFilteringOnArrays }),
    ...(advancedFilters === undefined ? {} : { advancedFilters }),
  };
}

function typeOf(source: string): string {
  return /\/systemTopics\/[^/]+$/i.test(source) ? 'Microsoft.EventGrid/systemTopics' : 'Microsoft.EventGrid/topics';
}

/** The source as Event Grid writes it: its provider and type in lower case, but for a system topic's own (recorded). */
function topicOf({ source }: EventSubscription): string {
  if (typeOf(source) === 'Microsoft.EventGrid/systemTopics') return source;
  return source.replace(/(?<=\/providers\/)[^/]+\/[^/]+(?=\/)/i, (type) => type.toLowerCase());
}
