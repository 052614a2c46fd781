import { z } from 'zod';
import { badRequest } from '../arm/errors.js';
import { orUndefined, withoutUndefined } from '../http/orUndefined.js';
import { deliveryAttributes, shownAttributes, type DeliveryAttribute } from './deliveryAttributes.js';
import type { EventSubscription, ResourceIdentity } from './eventGridState.js';

const text = z.string().min(1);
const optionalText = text.nullish().transform(orUndefined);
const attributes = { deliveryAttributeMappings: deliveryAttributes.nullish().transform(orUndefined) };
const batching = {
  maxEventsPerBatch: z.int().min(1).max(5000).nullish().transform(orUndefined),
  preferredBatchSizeInKilobytes: z.int().min(1).max(1024).nullish().transform(orUndefined),
};

/**
 * Destinations in requests to ARM (azure-rest-api-specs, eventgrid, EventSubscriptionDestination; azure-cli test
 * recordings).
 */
export const destination = z.discriminatedUnion('endpointType', [
  z.object({
    endpointType: z.literal('WebHook'),
    properties: z.object({
      endpointUrl: z.url({ protocol: /^https?$/ }),
      azureActiveDirectoryTenantId: optionalText,
      azureActiveDirectoryApplicationIdOrUri: optionalText,
      minimumTlsVersionAllowed: optionalText,
      ...batching,
      ...attributes,
    }),
  }),
  z.object({
    endpointType: z.literal('AzureFunction'),
    properties: z.object({ resourceId: text, ...batching, ...attributes }),
  }),
  z.object({
    endpointType: z.enum(['EventHub', 'HybridConnection', 'ServiceBusQueue', 'ServiceBusTopic']),
    properties: z.object({ resourceId: text, ...attributes }),
  }),
  z.object({
    endpointType: z.literal('StorageQueue'),
    properties: z.object({
      resourceId: text,
      queueName: text,
      queueMessageTimeToLiveInSeconds: z.int().nullish().transform(orUndefined),
    }),
  }),
]);
export type GivenDestination = z.output<typeof destination>;

const identity = z
  .object({ type: text, userAssignedIdentity: optionalText })
  .transform((given): ResourceIdentity => ({ type: given.type, ...withoutUndefined(given) }));
const deadLetters = z.object({
  endpointType: z.literal('StorageBlob'),
  properties: z.object({ resourceId: text, blobContainerName: text }),
});

/** Fields of a write for the destination, and for dead letters. */
export const destinations = {
  destination: destination.nullish().transform(orUndefined),
  deliveryWithResourceIdentity: z.object({ identity, destination }).nullish().transform(orUndefined),
  deadLetterDestination: deadLetters.nullish().transform(orUndefined),
  deadLetterWithResourceIdentity: z
    .object({ identity, deadLetterDestination: deadLetters })
    .nullish()
    .transform(orUndefined),
};
const given = z.object(destinations);
export type GivenDestinations = Partial<z.output<typeof given>>;

/** Fields of a destination of any type. The first two are stored separately. */
interface OfAnyType {
  endpointUrl?: string;
  deliveryAttributeMappings?: DeliveryAttribute[] | undefined;
  [other: string]: unknown;
}

/** The destination in a write, given directly or with the identity to deliver with. */
function destinationIn(given: GivenDestinations): GivenDestination | undefined {
  return given.deliveryWithResourceIdentity?.destination ?? given.destination;
}

/** @throws 400 for a subscription without a destination */
export function requireDestination(given: GivenDestinations): void {
  if (destinationIn(given)) return;
  const target = 'properties.destination';
  throw badRequest('InvalidRequestContent', `The request content was invalid: '${target}' is required.`, target);
}

/** Applies the destinations of a write. A destination in it replaces the previous one. */
export function changedDestinations(before: EventSubscription, given: GivenDestinations): EventSubscription {
  const to = destinationIn(given);
  const deadLetters = given.deadLetterWithResourceIdentity;
  const deadLetter = deadLetters?.deadLetterDestination ?? given.deadLetterDestination;
  const changed = { ...before };
  if (to) {
    for (const name of ['endpointUrl', 'deliveryAttributeMappings', 'deliveryIdentity'] as const) delete changed[name];
    const { endpointUrl, deliveryAttributeMappings, ...target }: OfAnyType = { ...to.properties };
    const deliveryIdentity = given.deliveryWithResourceIdentity?.identity;
    Object.assign(changed, withoutUndefined({ endpointUrl, deliveryAttributeMappings, deliveryIdentity }));
    changed.endpointType = to.endpointType;
    changed.target = withoutUndefined(target);
  }
  if (deadLetter)
    changed.deadLetter = {
      properties: deadLetter.properties,
      ...withoutUndefined({ identity: deadLetters?.identity }),
    };
  return changed;
}

/** Azure docs: event-grid delivery-and-retry, "output batching": off. */
const UNBATCHED = { maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 };

/**
 * The destination as ARM returns it: a webhook's address without its query, which may contain keys.
 *
 * @param given the fields of a PUT: its answer has no defaults, and secrets of attributes as they were sent (recorded)
 */
export function destinationsBody(one: EventSubscription, given: GivenDestinations | undefined): object {
  const { endpointType = 'WebHook', endpointUrl, target, deliveryAttributeMappings, deliveryIdentity } = one;
  const hasBatches = endpointType === 'WebHook' || endpointType === 'AzureFunction';
  const url = endpointUrl === undefined ? undefined : new URL(endpointUrl);
  const to = {
    properties: {
      ...(url ? { endpointUrl: null, endpointBaseUrl: `${url.origin}${url.pathname}` } : {}),
      ...(hasBatches && given === undefined ? UNBATCHED : {}),
      ...target,
      ...(deliveryAttributeMappings === undefined
        ? {}
        : { deliveryAttributeMappings: shownAttributes(deliveryAttributeMappings, given !== undefined) }),
    },
    endpointType,
  };
  return deliveryIdentity === undefined
    ? { destination: to }
    : { deliveryWithResourceIdentity: { identity: deliveryIdentity, destination: to } };
}

/** The container for dead letters, if there is one. */
export function deadLetterBody({ deadLetter }: EventSubscription): object {
  if (deadLetter === undefined) return {};
  const deadLetterDestination = { properties: deadLetter.properties, endpointType: 'StorageBlob' };
  return deadLetter.identity === undefined
    ? { deadLetterDestination }
    : { deadLetterWithResourceIdentity: { identity: deadLetter.identity, deadLetterDestination } };
}
