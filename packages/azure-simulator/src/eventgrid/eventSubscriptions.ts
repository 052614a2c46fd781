import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { armBody, armRoute, resourceRoutes } from '../arm/armRoute.js';
import { badRequest, topLevelNotFound } from '../arm/errors.js';
import { GROUP_PATH, REGISTRY_PATH, RESOURCE_PATH, SUBSCRIPTION_PATH, systemTopicId } from '../arm/ids.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { advancedFilters } from './advancedFilters.js';
import { changedDestinations, destinations, requireDestination } from './destinations.js';
import { shownAttributes } from './deliveryAttributes.js';
import type { EventFilter, EventSubscription } from './eventGridState.js';
import { eventTypesOf } from './eventTypes.js';
import { filtered } from './listFilter.js';
import { listsByType } from './listsByType.js';
import { follow } from './operations.js';
import { idOf, subscriptionBody } from './subscriptionBody.js';
import { existingSystemTopic, systemTopicLocation, SYSTEM_TOPIC_PATH } from './systemTopics.js';
import { topicLocation } from './topics.js';
import { EndpointRefused, isWebhook, validateEndpoint } from './webhook.js';
import { orUndefined, withoutUndefined } from '../http/orUndefined.js';

const TYPE = 'Microsoft.EventGrid/eventSubscriptions';
const PROVIDER = `/providers/${TYPE}`;
const TOPIC_PATH = `${GROUP_PATH}/providers/Microsoft.EventGrid/topics/{topic}`;
const VAULT_PATH = `${GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{vault}`;
const HUB_PATH = `${GROUP_PATH}/providers/Microsoft.Devices/IotHubs/{hub}`;

/** Paths of event subscriptions: at the end of their source's path. */
const COLLECTIONS = [
  `${TOPIC_PATH}/eventSubscriptions`,
  `${SYSTEM_TOPIC_PATH}/eventSubscriptions`,
  ...[TOPIC_PATH, VAULT_PATH, HUB_PATH, REGISTRY_PATH, RESOURCE_PATH, GROUP_PATH, SUBSCRIPTION_PATH].map(
    (source) => source + PROVIDER,
  ),
];

const body = z.object({
  ...destinations,
  labels: z.array(z.string()).nullish().transform(orUndefined),
  eventDeliverySchema: z.enum(['EventGridSchema', 'CloudEventSchemaV1_0']).nullish().transform(orUndefined),
  expirationTimeUtc: z.iso.datetime({ offset: true }).nullish().transform(orUndefined),
  filter: z
    .object({
      subjectBeginsWith: z.string().nullish().transform(orUndefined),
      subjectEndsWith: z.string().nullish().transform(orUndefined),
      includedEventTypes: z.array(z.string().min(1)).nullish().transform(orUndefined),
      isSubjectCaseSensitive: z.boolean().nullish().transform(orUndefined),
      enableAdvancedFilteringOnArrays: z.boolean().nullish().transform(orUndefined),
      advancedFilters: advancedFilters.nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
  retryPolicy: z
    .object({
      maxDeliveryAttempts: z.int().min(1).max(30).nullish().transform(orUndefined),
      eventTimeToLiveInMinutes: z.int().min(1).max(1440).nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
});
const putBody = z.object({ properties: body });
type Given = Partial<z.output<typeof body>>;

/**
 * Routes of event subscriptions. Creating one with a webhook validates the endpoint first. A plain GET returns the
 * endpoint's address without its query, as in the service, because that may contain keys.
 */
export function eventSubscriptionRoutes(plane: Plane): Route[] {
  const routes = COLLECTIONS.flatMap((all) => {
    const item = `${all}/{name}`;
    return [
      ...resourceRoutes(plane, { type: TYPE, all, name: 'name' }, { list, get, put, patch, remove }),
      armRoute(plane, {
        method: 'POST',
        path: `${item}/getFullUrl`,
        action: `${TYPE}/getFullUrl/action`,
        handle: fullUrl,
      }),
      armRoute(plane, {
        method: 'POST',
        path: `${item}/getDeliveryAttributes`,
        action: `${TYPE}/getDeliveryAttributes/action`,
        handle: attributes,
      }),
    ];
  });
  const validation: Route = {
    method: 'GET',
    path: '/eventsubscriptions/validate',
    service: 'topic',
    operation: 'topic/validate',
    handle: validateByHand,
  };
  return [...routes, ...listsByType(plane), validation];

  function list(call: Call): ApiReply {
    const own = filtered(call, plane.broker.subscriptions(sourceOf(plane, call)));
    return { status: 200, body: { value: own.map((one) => subscriptionBody(plane, call, one)) } };
  }

  function get(call: Call): ApiReply {
    return { status: 200, body: subscriptionBody(plane, call, existing(plane, call)) };
  }

  function fullUrl(call: Call): ApiReply {
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { endpointUrl: existing(plane, call).endpointUrl },
    };
  }

  function attributes(call: Call): ApiReply {
    const value = shownAttributes(existing(plane, call).deliveryAttributeMappings ?? [], true);
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { value } };
  }

  async function put(call: Call): Promise<ApiReply> {
    const name = call.params['name'] ?? '';
    if (!/^[a-zA-Z0-9-]{3,64}$/.test(name)) {
      throw badRequest(
        'InvalidRequest',
        `The event subscription name '${name}' is invalid: use 3 to 64 alphanumeric characters and hyphens.`,
      );
    }
    const source = sourceOf(plane, call);
    const { properties } = armBody(call, putBody);
    requireDestination(properties);
    const before = plane.broker.subscription(source, name);
    const wanted: EventSubscription = {
      name,
      source,
      ...(isNested(call) ? { isNested: true } : {}),
      // A PUT over an existing subscription keeps these fields if it does not name them (recorded).
      deliverySchema: before?.deliverySchema ?? 'EventGridSchema',
      filter: readFilter(plane, source, undefined, {}),
      maxDeliveryAttempts: 30,
      eventTimeToLiveInMinutes: 1440,
      provisioningState: 'Succeeded',
      created: plane.clock.now().toISOString(),
    };
    return save(call, changed(plane, wanted, properties), before ? 'Updating' : 'Creating', properties);
  }

  /** Its body has no `properties`, unlike a PUT's. */
  async function patch(call: Call): Promise<ApiReply> {
    const given = armBody(call, body);
    return save(call, changed(plane, existing(plane, call), given), 'Updating');
  }

  async function save(
    call: Call,
    wanted: EventSubscription,
    busy: 'Creating' | 'Updating',
    given?: Given,
  ): Promise<ApiReply> {
    const { source, name } = wanted;
    const code = randomUUID();
    const validationUrl = `${plane.baseUrl}/eventsubscriptions/validate?code=${code}`;
    try {
      const topic = plane.broker.eventSource(source);
      const verdict = isWebhook(wanted)
        ? await validateEndpoint(wanted, topic, code, validationUrl, plane.clock.now())
        : 'accepted';
      const saved: EventSubscription =
        verdict === 'accepted'
          ? wanted
          : { ...wanted, provisioningState: 'AwaitingManualAction', validationCode: code };
      plane.broker.putSubscription(saved);
      const headers = follow(plane, call, { resource: idOf(saved), location: locationOfSource(plane, source), busy });
      return { status: 201, headers, body: subscriptionBody(plane, call, saved, given) };
    } catch (error) {
      if (!(error instanceof EndpointRefused)) throw error;
      throw badRequest(
        'Url validation',
        `Webhook validation handshake failed for the endpoint of '${name}': ${error.message}. ` +
          'For more details, visit https://aka.ms/esvalidation.',
      );
    }
  }

  function remove(call: Call): ApiReply {
    const subscription = plane.broker.subscription(sourceOf(plane, call), call.params['name'] ?? '');
    if (!subscription) return { status: 204 };
    plane.broker.removeSubscription(subscription);
    const location = locationOfSource(plane, subscription.source);
    const headers = follow(plane, call, { resource: idOf(subscription), location, busy: 'Deleting' });
    return { status: 202, headers };
  }

  function validateByHand(call: Call): ApiReply {
    const code = call.query.get('code');
    const waiting = plane.broker
      .allSubscriptions()
      .find((one) => one.validationCode !== undefined && one.validationCode === code);
    if (!waiting)
      return { status: 404, body: { error: { code: 'NotFound', message: 'No subscription waits for this code.' } } };
    const { validationCode: _used, ...rest } = waiting;
    plane.broker.putSubscription({ ...rest, provisioningState: 'Succeeded' });
    return { status: 200, body: 'Webhook successfully validated as a subscription endpoint' };
  }
}

/**
 * The path before the event subscriptions, in the resource's own spelling.
 * @throws 404 for an unknown topic
 */
function sourceOf(plane: Plane, call: Call): string {
  const path = decodeURI(call.path);
  const at = path.toLowerCase().search(/(\/providers\/microsoft\.eventgrid)?\/eventsubscriptions(\/|$)/);
  const source = path.slice(0, at);
  if (call.params['systemTopic'] !== undefined) return systemTopicId(plane.arm, existingSystemTopic(plane, call));
  const topicName = call.params['topic'];
  const topic = topicName === undefined ? undefined : plane.broker.topic(topicName);
  if (topicName !== undefined && !topic) {
    throw topLevelNotFound('Microsoft.EventGrid/topics', topicName, call.params['group'] ?? '');
  }
  return topic ? source.slice(0, -topic.name.length) + topic.name : source;
}

function existing(plane: Plane, call: Call): EventSubscription {
  const name = call.params['name'] ?? '';
  const subscription = plane.broker.subscription(sourceOf(plane, call), name);
  if (!subscription) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
  return subscription;
}

/** Created at the end of a topic's path, without a provider in between. */
function isNested(call: Call): boolean {
  return !/\/providers\/microsoft\.eventgrid\/eventsubscriptions(\/|$)/i.test(decodeURI(call.path));
}

/** Applies a write; fields that it does not name stay. */
function changed(plane: Plane, before: EventSubscription, given: Given): EventSubscription {
  const { retryPolicy, expirationTimeUtc } = given;
  return {
    ...changedDestinations(before, given),
    ...(given.labels === undefined ? {} : { labels: given.labels }),
    ...(expirationTimeUtc === undefined ? {} : { expirationTimeUtc }),
    deliverySchema: given.eventDeliverySchema ?? before.deliverySchema,
    filter: given.filter === undefined ? before.filter : readFilter(plane, before.source, before.filter, given.filter),
    maxDeliveryAttempts: retryPolicy?.maxDeliveryAttempts ?? before.maxDeliveryAttempts,
    eventTimeToLiveInMinutes: retryPolicy?.eventTimeToLiveInMinutes ?? before.eventTimeToLiveInMinutes,
  };
}

/** Without a list, and with `All`: all types that the source has now. */
function readFilter(
  plane: Plane,
  source: string,
  before: EventFilter | undefined,
  given: Partial<NonNullable<Given['filter']>>,
): EventFilter {
  const named = given.includedEventTypes?.filter((one) => one.toLowerCase() !== 'all') ?? before?.includedEventTypes;
  const types = named && named.length > 0 ? named : eventTypesOf(plane.broker.eventSource(source));
  return {
    subjectBeginsWith: given.subjectBeginsWith ?? before?.subjectBeginsWith ?? '',
    subjectEndsWith: given.subjectEndsWith ?? before?.subjectEndsWith ?? '',
    isSubjectCaseSensitive: given.isSubjectCaseSensitive ?? before?.isSubjectCaseSensitive ?? false,
    ...(types ? { includedEventTypes: [...types] } : {}),
    ...withoutUndefined({
      enableAdvancedFilteringOnArrays: given.enableAdvancedFilteringOnArrays ?? before?.enableAdvancedFilteringOnArrays,
      advancedFilters: given.advancedFilters ?? before?.advancedFilters,
    }),
  };
}

/** Events of a resource group or a subscription have no location. */
function locationOfSource(plane: Plane, source: string): string | undefined {
  const [, provider = '', name = ''] = /\/providers\/([^/]+\/[^/]+)\/([^/]+)$/.exec(source) ?? [];
  if (provider === '') return undefined;
  const systemTopic = /^microsoft\.eventgrid\/systemtopics$/i.test(provider)
    ? plane.broker.systemTopic(name)
    : undefined;
  if (systemTopic) return systemTopicLocation(systemTopic);
  const topic = /^microsoft\.eventgrid\/topics$/i.test(provider) ? plane.broker.topic(name) : undefined;
  if (topic) return topicLocation(plane, topic);
  const registry = plane.arm.registries.get(name);
  return registry?.location ?? [...plane.arm.resourceGroups.values()][0]?.location;
}
