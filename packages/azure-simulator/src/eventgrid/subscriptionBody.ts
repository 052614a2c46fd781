import { versionOf } from '../arm/armRoute.js';
import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import { deadLetterBody, destinationsBody, type GivenDestinations } from './destinations.js';
import type { EventSubscription } from './eventGridState.js';
import { nothingKnown } from './since.js';

const TYPE = 'Microsoft.EventGrid/eventSubscriptions';

/** The fields of a PUT. Its answer has only these (recorded). */
interface Given extends GivenDestinations {
  eventDeliverySchema?: string | undefined;
  filter?: { subjectBeginsWith?: string | undefined; subjectEndsWith?: string | undefined } | undefined;
}

export function idOf({ source, name, isNested }: EventSubscription): string {
  return isNested === true ? `${source}/eventSubscriptions/${name}` : `${source}/providers/${TYPE}/${name}`;
}

/**
 * An event subscription as ARM returns it, with its endpoint without the query, because that may contain keys.
 *
 * @param given the fields of the PUT that creates or replaces it; undefined for an existing one
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

/** The case setting is returned only if it was given. Fields that were not named are empty later. */
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

/** The source in Event Grid's spelling: provider and type in lower case, except for a system topic's own (recorded). */
function topicOf({ source }: EventSubscription): string {
  if (typeOf(source) === 'Microsoft.EventGrid/systemTopics') return source;
  return source.replace(/(?<=\/providers\/)[^/]+\/[^/]+(?=\/)/i, (type) => type.toLowerCase());
}
