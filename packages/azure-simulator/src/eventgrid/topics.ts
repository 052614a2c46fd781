import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { armBody, armRoute, groupOf, versionOf } from '../arm/armRoute.js';
import { badRequest, topLevelNotFound } from '../arm/errors.js';
import { GROUP_PATH, topicId } from '../arm/ids.js';
import { oneOf } from '../arm/connectedRegistries/connectedRegistryInput.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { makeTopicKey, type Topic } from './eventGridState.js';
import { filtered } from './listFilter.js';
import { follow } from './operations.js';
import { only, nothingKnown } from './since.js';
import { identity, topicIdentityBody, topicIdentityOf } from './topicIdentity.js';
import { orUndefined, withoutUndefined } from '../http/orUndefined.js';

const TYPE = 'Microsoft.EventGrid/topics';
const ALL = `${GROUP_PATH}/providers/${TYPE}`;
/** The service's default, as recorded in 2024. */
const OLDEST_TLS = '1.0';

const tags = z.record(z.string(), z.string()).nullish().transform(orUndefined);
const changeable = z.object({
  publicNetworkAccess: z.string().nullish().transform(orUndefined),
  inboundIpRules: z
    .array(z.object({ ipMask: z.string(), action: z.string() }))
    .nullish()
    .transform(orUndefined),
  disableLocalAuth: z.boolean().nullish().transform(orUndefined),
  minimumTlsVersionAllowed: z.string().nullish().transform(orUndefined),
});
const putBody = z.object({
  location: z.string().min(1),
  tags,
  identity,
  // Each has only one possible value, so only their presence matters.
  sku: z.unknown().optional(),
  kind: z.unknown().optional(),
  properties: changeable
    .extend({ inputSchema: z.enum(['EventGridSchema', 'CloudEventSchemaV1_0']).nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});
type Given = z.output<typeof putBody>;
const patchBody = z.object({ tags, identity, properties: changeable.nullish().transform(orUndefined) });
const keyBody = z.object({ keyName: z.enum(['key1', 'key2']) });

/** Routes of custom topics. */
export function topicRoutes(plane: Plane): Route[] {
  const item = `${ALL}/{topic}`;
  return [
    armRoute(plane, { method: 'GET', path: ALL, action: `${TYPE}/read`, handle: list }),
    armRoute(plane, {
      method: 'GET',
      path: item,
      action: `${TYPE}/read`,
      handle: (call) => ({ status: 200, body: topicBody(plane, call, existing(plane, call)) }),
    }),
    armRoute(plane, { method: 'PUT', path: item, action: `${TYPE}/write`, handle: put }),
    armRoute(plane, { method: 'PATCH', path: item, action: `${TYPE}/write`, handle: patch }),
    armRoute(plane, { method: 'DELETE', path: item, action: `${TYPE}/delete`, handle: remove }),
    armRoute(plane, {
      method: 'POST',
      path: `${item}/listKeys`,
      action: `${TYPE}/listKeys/action`,
      handle: (call) => keys(existing(plane, call)),
    }),
    armRoute(plane, {
      method: 'POST',
      path: `${item}/regenerateKey`,
      action: `${TYPE}/regenerateKey/action`,
      handle: regenerate,
    }),
  ];

  function list(call: Call): ApiReply {
    const group = groupOf(plane, call).name;
    const own = plane.broker.topics().filter((one) => one.resourceGroup === group);
    return { status: 200, body: { value: filtered(call, own).map((one) => topicBody(plane, call, one)) } };
  }

  function put(call: Call): ApiReply {
    const name = call.params['topic'] ?? '';
    if (!/^[a-zA-Z0-9-]{3,50}$/.test(name)) {
      throw badRequest(
        'InvalidRequest',
        `The topic name '${name}' is invalid: use 3 to 50 alphanumeric characters and hyphens.`,
      );
    }
    const given = armBody(call, putBody);
    const { inputSchema, ...properties } = given.properties ?? {};
    const before = plane.broker.topic(name);
    const topic: Topic = {
      name,
      resourceGroup: groupOf(plane, call).name,
      inputSchemas: [inputSchema ?? 'EventGridSchema'],
      keys: [makeTopicKey(), makeTopicKey()],
      location: given.location,
      metricResourceId: randomUUID(),
      ...before,
      ...changes(plane, before, { ...given, properties }, false),
    };
    return save(call, topic, before ? 'Updating' : 'Creating', given);
  }

  function patch(call: Call): ApiReply {
    const before = existing(plane, call);
    return save(call, { ...before, ...changes(plane, before, armBody(call, patchBody), true) }, 'Updating');
  }

  function save(call: Call, topic: Topic, busy: 'Creating' | 'Updating', given?: Given): ApiReply {
    plane.broker.putTopic(topic);
    const resource = topicId(plane.arm, topic);
    const headers = follow(plane, call, { resource, location: topicLocation(plane, topic), busy });
    return { status: 201, headers, body: topicBody(plane, call, topic, given) };
  }

  function remove(call: Call): ApiReply {
    const topic = plane.broker.topic(call.params['topic'] ?? '');
    if (!topic) return { status: 204 };
    const resource = topicId(plane.arm, topic);
    for (const subscription of plane.broker.subscriptions(resource)) plane.broker.removeSubscription(subscription);
    plane.broker.removeTopic(topic.name);
    const location = topicLocation(plane, topic);
    return { status: 202, headers: follow(plane, call, { resource, location, busy: 'Deleting' }) };
  }

  function regenerate(call: Call): ApiReply {
    const topic = existing(plane, call);
    const { keyName } = armBody(call, keyBody);
    const [first, second] = topic.keys;
    const changed: Topic = { ...topic, keys: keyName === 'key1' ? [makeTopicKey(), second] : [first, makeTopicKey()] };
    plane.broker.putTopic(changed);
    return keys(changed);
  }
}

/** Applies a write; fields that it does not name stay. */
function changes(
  plane: Plane,
  before: Topic | undefined,
  given: {
    tags: z.output<typeof tags>;
    identity: z.output<typeof identity>;
    properties: Partial<z.output<typeof changeable>> | undefined;
  },
  isPatch: boolean,
): Partial<Topic> {
  const { publicNetworkAccess, inboundIpRules, disableLocalAuth, minimumTlsVersionAllowed } = given.properties ?? {};
  const access = ['Enabled', 'Disabled', 'SecuredByPerimeter'] as const;
  return {
    ...(given.tags === undefined ? {} : { tags: given.tags }),
    ...(given.identity === undefined
      ? {}
      : { identity: topicIdentityOf(plane, before?.identity, given.identity, isPatch) }),
    ...(publicNetworkAccess === undefined
      ? {}
      : { publicNetworkAccess: oneOf(access, publicNetworkAccess, 'publicNetworkAccess') }),
    ...(inboundIpRules === undefined
      ? {}
      : {
          inboundIpRules: inboundIpRules.map(({ ipMask, action }) => ({
            ipMask,
            action: oneOf(['Allow'], action, 'action'),
          })),
        }),
    ...withoutUndefined({ disableLocalAuth, minimumTlsVersionAllowed }),
  };
}

function existing(plane: Plane, call: Call): Topic {
  const name = call.params['topic'] ?? '';
  const topic = plane.broker.topic(name);
  if (!topic) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
  return topic;
}

function keys(topic: Topic): ApiReply {
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { key1: topic.keys[0], key2: topic.keys[1] } };
}

/** The endpoint of a topic's publishers. */
export function topicEndpoint(plane: Pick<Plane, 'baseUrl'>, topic: Pick<Topic, 'name'>): string {
  return `${plane.baseUrl}/topics/${topic.name}/api/events`;
}

/**
 * While it is being created, a topic has no endpoint and none of the properties that the service adds (recorded).
 *
 * @param given the fields of a PUT: its answer has only these, also for an existing topic (recorded)
 */
function topicBody(plane: Plane, call: Call, topic: Topic, given?: Given): unknown {
  const id = topicId(plane.arm, topic);
  const provisioningState = plane.operations.provisioningState(id);
  const isNew = given !== undefined || provisioningState === 'Creating';
  const version = versionOf(call);
  const { publicNetworkAccess, inboundIpRules, disableLocalAuth } = topic;
  const access = publicNetworkAccess ?? (isNew ? undefined : 'Enabled');
  const isNamed = (name: keyof NonNullable<Given['properties']>): boolean =>
    given === undefined || given.properties?.[name] !== undefined;
  const isShown = (name: 'sku' | 'kind' | 'identity'): boolean => given === undefined || given[name] !== undefined;
  return {
    properties: {
      provisioningState,
      endpoint: isNew ? null : topicEndpoint(plane, topic),
      ...only(version, 'minimumTlsVersionAllowed', topic.minimumTlsVersionAllowed ?? OLDEST_TLS),
      ...(isNamed('inputSchema') ? { inputSchema: topic.inputSchemas[0] } : {}),
      ...(isNew ? {} : { metricResourceId: topic.metricResourceId ?? topic.name }),
      ...(access !== undefined && isNamed('publicNetworkAccess') ? { publicNetworkAccess: access } : {}),
      ...(inboundIpRules !== undefined && isNamed('inboundIpRules') ? { inboundIpRules } : {}),
      ...(disableLocalAuth !== undefined && isNamed('disableLocalAuth')
        ? only(version, 'disableLocalAuth', disableLocalAuth)
        : {}),
      ...(isNew ? {} : only(version, 'dataResidencyBoundary', 'WithinGeopair')),
    },
    ...(isShown('sku') ? { sku: { name: 'Basic' } } : {}),
    ...(topic.identity !== undefined && isShown('identity')
      ? { identity: topicIdentityBody(topic.identity, call.method !== 'GET') }
      : {}),
    ...(isShown('kind') ? only(version, 'kind', 'Azure') : {}),
    ...nothingKnown(version),
    location: topicLocation(plane, topic),
    tags: topic.tags ?? null,
    id,
    name: topic.name,
    type: TYPE,
  };
}

export function topicLocation(plane: Plane, topic: Topic): string {
  return topic.location ?? plane.arm.resourceGroups.get(topic.resourceGroup)?.location ?? '';
}
