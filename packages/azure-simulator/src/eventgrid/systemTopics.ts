import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { armBody, armRoute, groupOf, versionOf } from '../arm/armRoute.js';
import { topLevelNotFound } from '../arm/errors.js';
import { GROUP_PATH, systemTopicId } from '../arm/ids.js';
import type { ApiReply } from '../http/message.js';
import { orUndefined } from '../http/orUndefined.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { SystemTopic } from './eventGridState.js';
import { filtered } from './listFilter.js';
import { follow } from './operations.js';
import { identity, topicIdentityBody, topicIdentityOf } from './topicIdentity.js';
import { nothingKnown } from './since.js';

const TYPE = 'Microsoft.EventGrid/systemTopics';
const ALL = `${GROUP_PATH}/providers/${TYPE}`;
export const SYSTEM_TOPIC_PATH = `${ALL}/{systemTopic}`;

const tags = z.record(z.string(), z.string()).nullish().transform(orUndefined);
const putBody = z.object({
  location: z.string().min(1),
  tags,
  identity,
  properties: z.object({ source: z.string().startsWith('/subscriptions/'), topicType: z.string().min(1) }),
});
const patchBody = z.object({ tags, identity });
type Given = z.output<typeof patchBody>;

/** Routes of system topics: an Azure resource's own events, as a resource with nested event subscriptions. */
export function systemTopicRoutes(plane: Plane): Route[] {
  return [
    armRoute(plane, { method: 'GET', path: ALL, action: `${TYPE}/read`, handle: list }),
    armRoute(plane, {
      method: 'GET',
      path: SYSTEM_TOPIC_PATH,
      action: `${TYPE}/read`,
      handle: (call) => ({ status: 200, body: bodyOf(plane, call, existingSystemTopic(plane, call)) }),
    }),
    armRoute(plane, { method: 'PUT', path: SYSTEM_TOPIC_PATH, action: `${TYPE}/write`, handle: put }),
    armRoute(plane, { method: 'PATCH', path: SYSTEM_TOPIC_PATH, action: `${TYPE}/write`, handle: patch }),
    armRoute(plane, { method: 'DELETE', path: SYSTEM_TOPIC_PATH, action: `${TYPE}/delete`, handle: remove }),
  ];

  function list(call: Call): ApiReply {
    const group = groupOf(plane, call).name;
    const own = plane.broker.systemTopics().filter((one) => one.resourceGroup === group);
    return { status: 200, body: { value: filtered(call, own).map((one) => bodyOf(plane, call, one)) } };
  }

  function put(call: Call): ApiReply {
    const given = armBody(call, putBody);
    const name = call.params['systemTopic'] ?? '';
    const before = plane.broker.systemTopic(name);
    const topic: SystemTopic = {
      name,
      resourceGroup: groupOf(plane, call).name,
      location: given.location,
      metricResourceId: randomUUID(),
      ...before,
      ...given.properties,
      ...changes(before, given, false),
    };
    return save(call, topic, given, before ? 'Updating' : 'Creating');
  }

  function patch(call: Call): ApiReply {
    const before = existingSystemTopic(plane, call);
    const given = armBody(call, patchBody);
    return save(call, { ...before, ...changes(before, given, true) }, given, 'Updating');
  }

  function changes(before: SystemTopic | undefined, given: Given, isPatch: boolean): Partial<SystemTopic> {
    return {
      ...(given.tags === undefined ? {} : { tags: given.tags }),
      ...(given.identity === undefined
        ? {}
        : { identity: topicIdentityOf(plane, before?.identity, given.identity, isPatch) }),
    };
  }

  /** Synchronous, unless the write names an identity (recorded). */
  function save(call: Call, topic: SystemTopic, given: Given, busy: 'Creating' | 'Updating'): ApiReply {
    plane.broker.putSystemTopic(topic);
    if (given.identity === undefined) return { status: 200, body: bodyOf(plane, call, topic) };
    const resource = systemTopicId(plane.arm, topic);
    const headers = follow(plane, call, { resource, location: systemTopicLocation(topic), busy });
    return { status: 201, headers, body: bodyOf(plane, call, topic) };
  }

  function remove(call: Call): ApiReply {
    const topic = plane.broker.systemTopic(call.params['systemTopic'] ?? '');
    if (!topic) return { status: 204 };
    const resource = systemTopicId(plane.arm, topic);
    for (const subscription of plane.broker.subscriptions(resource)) plane.broker.removeSubscription(subscription);
    plane.broker.removeSystemTopic(topic.name);
    return {
      status: 202,
      headers: follow(plane, call, { resource, location: systemTopicLocation(topic), busy: 'Deleting' }),
    };
  }
}

/** @throws ARM's 404 if the system topic does not exist */
export function existingSystemTopic(plane: Plane, call: Call): SystemTopic {
  const name = call.params['systemTopic'] ?? '';
  const topic = plane.broker.systemTopic(name);
  if (!topic) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
  return topic;
}

/** System topics of a subscription or a resource group are `global`, and their operations have no location. */
export function systemTopicLocation({ location }: SystemTopic): string | undefined {
  return location.toLowerCase() === 'global' ? undefined : location;
}

function bodyOf(plane: Plane, call: Call, topic: SystemTopic): unknown {
  const id = systemTopicId(plane.arm, topic);
  const { source, topicType, metricResourceId, identity: own } = topic;
  return {
    properties: {
      provisioningState: plane.operations.provisioningState(id),
      source,
      topicType,
      metricResourceId,
    },
    ...nothingKnown(versionOf(call)),
    ...(own === undefined ? {} : { identity: topicIdentityBody(own, call.method !== 'GET') }),
    location: topic.location,
    tags: topic.tags ?? null,
    id,
    name: topic.name,
    type: TYPE,
  };
}
