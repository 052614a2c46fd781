import { z } from 'zod';
import { armBody, armRoute, groupOf } from '../arm/armRoute.js';
import { badRequest, topLevelNotFound } from '../arm/errors.js';
import { GROUP_PATH, topicId } from '../arm/ids.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { makeTopicKey, type Topic } from './eventGridState.js';
import { orUndefined } from '../http/orUndefined.js';

const TYPE = 'Microsoft.EventGrid/topics';
const ALL = `${GROUP_PATH}/providers/${TYPE}`;

const putBody = z.object({
  location: z.string().min(1),
  properties: z
    .object({ inputSchema: z.enum(['EventGridSchema', 'CloudEventSchemaV1_0']).nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});
const keyBody = z.object({ keyName: z.enum(['key1', 'key2']) });

/** Custom topics. */
export function topicRoutes(plane: Plane): Route[] {
  const item = `${ALL}/{topic}`;
  return [
    armRoute(plane, { method: 'GET', path: ALL, action: `${TYPE}/read`, handle: list }),
    armRoute(plane, {
      method: 'GET',
      path: item,
      action: `${TYPE}/read`,
      handle: (call) => ({ status: 200, body: topicBody(plane, existing(plane, call)) }),
    }),
    armRoute(plane, { method: 'PUT', path: item, action: `${TYPE}/write`, handle: put }),
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
    const value = plane.broker
      .topics()
      .filter((one) => one.resourceGroup === group)
      .map((one) => topicBody(plane, one));
    return { status: 200, body: { value } };
  }

  function put(call: Call): ApiReply {
    const name = call.params['topic'] ?? '';
    if (!/^[a-zA-Z0-9-]{3,50}$/.test(name)) {
      throw badRequest(
        'InvalidRequest',
        `The topic name '${name}' is invalid: use 3 to 50 alphanumeric characters and hyphens.`,
      );
    }
    const { properties } = armBody(call, putBody);
    const before = plane.broker.topic(name);
    const topic: Topic = before ?? {
      name,
      resourceGroup: groupOf(plane, call).name,
      inputSchemas: [properties?.inputSchema ?? 'EventGridSchema'],
      keys: [makeTopicKey(), makeTopicKey()],
    };
    plane.broker.putTopic(topic);
    return { status: before ? 200 : 201, body: topicBody(plane, topic) };
  }

  function remove(call: Call): ApiReply {
    const topic = plane.broker.topic(call.params['topic'] ?? '');
    if (!topic) return { status: 204 };
    for (const subscription of plane.broker.subscriptions(topicId(plane.arm, topic)))
      plane.broker.removeSubscription(subscription);
    plane.broker.removeTopic(topic.name);
    return { status: 200 };
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

function existing(plane: Plane, call: Call): Topic {
  const name = call.params['topic'] ?? '';
  const topic = plane.broker.topic(name);
  if (!topic) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
  return topic;
}

function keys(topic: Topic): ApiReply {
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { key1: topic.keys[0], key2: topic.keys[1] } };
}

/** Where publishers of a topic send their events. */
export function topicEndpoint(plane: Pick<Plane, 'baseUrl'>, topic: Pick<Topic, 'name'>): string {
  return `${plane.baseUrl}/topics/${topic.name}/api/events`;
}

function topicBody(plane: Plane, topic: Topic): unknown {
  return {
    id: topicId(plane.arm, topic),
    name: topic.name,
    type: TYPE,
    location: groupLocation(plane, topic),
    tags: {},
    properties: {
      provisioningState: 'Succeeded',
      endpoint: topicEndpoint(plane, topic),
      inputSchema: topic.inputSchemas[0],
      metricResourceId: topic.name,
      publicNetworkAccess: 'Enabled',
      disableLocalAuth: false,
    },
  };
}

function groupLocation(plane: Plane, topic: Topic): string {
  return plane.arm.resourceGroups.get(topic.resourceGroup)?.location ?? '';
}
