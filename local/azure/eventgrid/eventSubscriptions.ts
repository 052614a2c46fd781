import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { armBody, armRoute } from '../arm/armRoute.js';
import { badRequest, topLevelNotFound } from '../arm/errors.js';
import { GROUP_PATH, REGISTRY_PATH, SUBSCRIPTION_PATH } from '../arm/ids.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { EventFilter, EventSubscription } from './eventGridState.js';
import { EndpointRefused, validateEndpoint } from './webhook.js';
import { orUndefined } from '../http/orUndefined.js';

const TYPE = 'Microsoft.EventGrid/eventSubscriptions';
const PROVIDER = `/providers/${TYPE}`;
const TOPIC_PATH = `${GROUP_PATH}/providers/Microsoft.EventGrid/topics/{topic}`;
const VAULT_PATH = `${GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{vault}`;
const HUB_PATH = `${GROUP_PATH}/providers/Microsoft.Devices/IotHubs/{hub}`;

/** Where event subscriptions live: at the end of their source's own path. */
const COLLECTIONS = [
  `${TOPIC_PATH}/eventSubscriptions`,
  ...[TOPIC_PATH, VAULT_PATH, HUB_PATH, REGISTRY_PATH, GROUP_PATH, SUBSCRIPTION_PATH].map(
    (source) => source + PROVIDER,
  ),
];

const body = z.object({
  properties: z.object({
    destination: z.object({
      endpointType: z.literal('WebHook'),
      properties: z.object({ endpointUrl: z.url({ protocol: /^https?$/ }) }),
    }),
    eventDeliverySchema: z.enum(['EventGridSchema', 'CloudEventSchemaV1_0']).nullish().transform(orUndefined),
    filter: z
      .object({
        subjectBeginsWith: z.string().nullish().transform(orUndefined),
        subjectEndsWith: z.string().nullish().transform(orUndefined),
        includedEventTypes: z.array(z.string().min(1)).nullish().transform(orUndefined),
        isSubjectCaseSensitive: z.boolean().nullish().transform(orUndefined),
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
  }),
});

/**
 * Event subscriptions with webhook destinations. Creating one proves the endpoint first. A plain GET shows the
 * endpoint's address without its query, as the service does, since that may hold keys.
 */
export function eventSubscriptionRoutes(plane: Plane): Route[] {
  const routes = COLLECTIONS.flatMap((all) => {
    const item = `${all}/{name}`;
    return [
      armRoute(plane, { method: 'GET', path: all, action: `${TYPE}/read`, handle: list }),
      armRoute(plane, { method: 'GET', path: item, action: `${TYPE}/read`, handle: get }),
      armRoute(plane, { method: 'PUT', path: item, action: `${TYPE}/write`, handle: put }),
      armRoute(plane, { method: 'DELETE', path: item, action: `${TYPE}/delete`, handle: remove }),
      armRoute(plane, {
        method: 'POST',
        path: `${item}/getFullUrl`,
        action: `${TYPE}/getFullUrl/action`,
        handle: fullUrl,
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
  return [...routes, validation];

  function list(call: Call): ApiReply {
    const value = plane.broker.subscriptions(sourceOf(plane, call)).map((one) => subscriptionBody(one));
    return { status: 200, body: { value } };
  }

  function get(call: Call): ApiReply {
    return { status: 200, body: subscriptionBody(existing(plane, call)) };
  }

  function fullUrl(call: Call): ApiReply {
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { endpointUrl: existing(plane, call).endpointUrl },
    };
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
    const { properties } = armBody(call, body);
    const code = randomUUID();
    const wanted: EventSubscription = {
      name,
      source,
      endpointUrl: properties.destination.properties.endpointUrl,
      deliverySchema: properties.eventDeliverySchema ?? 'EventGridSchema',
      filter: readFilter(properties.filter ?? {}),
      maxDeliveryAttempts: properties.retryPolicy?.maxDeliveryAttempts ?? 30,
      eventTimeToLiveInMinutes: properties.retryPolicy?.eventTimeToLiveInMinutes ?? 1440,
      provisioningState: 'Succeeded',
      created: plane.clock.now().toISOString(),
    };
    const existed = plane.broker.subscription(source, name) !== undefined;
    const validationUrl = `${plane.baseUrl}/eventsubscriptions/validate?code=${code}`;
    try {
      const verdict = await validateEndpoint(wanted, source, code, validationUrl, plane.clock.now());
      const saved: EventSubscription =
        verdict === 'accepted'
          ? wanted
          : { ...wanted, provisioningState: 'AwaitingManualAction', validationCode: code };
      plane.broker.putSubscription(saved);
      return { status: existed ? 200 : 201, body: subscriptionBody(saved) };
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
    return { status: 200 };
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

/** The path up to the event subscriptions, in the case of the thing itself. @throws 404 for an unknown topic */
function sourceOf(plane: Plane, call: Call): string {
  const path = decodeURI(call.path);
  const at = path.toLowerCase().search(/(\/providers\/microsoft\.eventgrid)?\/eventsubscriptions(\/|$)/);
  const source = path.slice(0, at);
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

function readFilter(given: Partial<NonNullable<z.output<typeof body>['properties']['filter']>>): EventFilter {
  const types = given.includedEventTypes?.filter((one) => one.toLowerCase() !== 'all');
  return {
    subjectBeginsWith: given.subjectBeginsWith ?? '',
    subjectEndsWith: given.subjectEndsWith ?? '',
    isSubjectCaseSensitive: given.isSubjectCaseSensitive ?? false,
    ...(types && types.length > 0 ? { includedEventTypes: types } : {}),
  };
}

function subscriptionBody(one: EventSubscription): unknown {
  const url = new URL(one.endpointUrl);
  return {
    id: `${one.source}${PROVIDER}/${one.name}`,
    name: one.name,
    type: TYPE,
    properties: {
      topic: one.source,
      provisioningState: one.provisioningState,
      destination: { endpointType: 'WebHook', properties: { endpointBaseUrl: `${url.origin}${url.pathname}` } },
      filter: one.filter,
      labels: [],
      eventDeliverySchema: one.deliverySchema,
      retryPolicy: {
        maxDeliveryAttempts: one.maxDeliveryAttempts,
        eventTimeToLiveInMinutes: one.eventTimeToLiveInMinutes,
      },
    },
  };
}
