import { createHmac, timingSafeEqual, createHash } from 'node:crypto';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { isAllowed } from '../access/authorize.js';
import type { Principal } from '../access/identities.js';
import { topicId } from '../arm/ids.js';
import type { TokenVerifier } from '../entra/accessTokens.js';
import { header, RefusedRequest, type ApiReply, type ApiRequest } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { InputSchema, Topic } from './eventGridState.js';
import { cloudEvent, gridEvent, type AnyEvent } from './events.js';

/** Maximum size of a request: 1 MB (Azure docs: event-grid quotas-limits). */
const LARGEST_REQUEST = 1024 * 1024;

const KEY_HOLDER: Principal = { name: 'topic-key', clientId: '', objectId: '' };

/** The route for publishers of a custom topic. */
export function publishRoute(plane: Plane): Route {
  return {
    method: 'POST',
    path: '/topics/{topic}/api/events',
    service: 'topic',
    operation: 'topic/publish',
    handle: (call) => publish(plane, call),
  };
}

/** Accepts a topic's key, a signature made with it, or a bearer token of a principal with the right to send. */
export async function identifyPublisher(
  plane: Plane,
  verifier: TokenVerifier,
  request: ApiRequest,
): Promise<Principal | ApiReply> {
  const topic = plane.broker.topic(request.params['topic'] ?? '');
  if (!topic) return failure(404, 'NotFound', `The topic '${request.params['topic'] ?? ''}' does not exist.`);
  const key = header(request, 'aeg-sas-key');
  const signature =
    header(request, 'aeg-sas-token') ?? /^SharedAccessSignature (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (key !== undefined || signature !== undefined) {
    const isGood =
      key === undefined ? isSignedFor(plane, topic, signature ?? '') : topic.keys.some((one) => isEqual(one, key));
    if (isGood) return KEY_HOLDER;
    const host = `${topic.name.toUpperCase()}.LOCAL`;
    return failure(
      401,
      'Unauthorized',
      `The request authorization key is not authorized for ${host}. This is due to the reason: HMAC SHA256 digests do not match.`,
    );
  }
  if (request.headers.authorization === undefined) {
    return failure(
      401,
      'Unauthorized',
      'Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key.',
    );
  }
  const verdict = await verifier.verify(request.headers.authorization, 'eventgrid');
  return typeof verdict === 'string'
    ? failure(401, 'Unauthorized', `The access token is not valid (${verdict}).`)
    : verdict;
}

function publish(plane: Plane, call: Call): ApiReply {
  const topic = plane.broker.topic(call.params['topic'] ?? '');
  if (!topic) return failure(404, 'NotFound', 'The topic does not exist.');
  const id = topicId(plane.arm, topic);
  if (call.principal !== KEY_HOLDER) {
    const allowed = isAllowed(plane.arm.roleAssignments, {
      principalId: call.principal.objectId,
      action: 'Microsoft.EventGrid/events/send/action',
      scope: id,
      plane: 'data',
    });
    if (!allowed) {
      const message = `The principal associated with access token presented with the incoming request does not have permission to send data to ${id}.`;
      return failure(403, 'Forbidden', message);
    }
  }
  if (call.query.get('api-version') !== '2018-01-01') {
    return failure(400, 'BadRequest', "The 'api-version' must be 2018-01-01.");
  }
  if (call.body.length > LARGEST_REQUEST) {
    return failure(413, 'RequestEntityTooLarge', `The maximum size (${LARGEST_REQUEST}) has been exceeded.`);
  }
  plane.broker.publish([id], readEvents(call, topic));
  return { status: 200 };
}

/** @throws 400 for events that are not well-formed in a schema of the topic */
function readEvents(call: Call, topic: Topic): AnyEvent[] {
  const type = (header(call, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isCloud = type.startsWith('application/cloudevents');
  const schema: InputSchema = isCloud ? 'CloudEventSchemaV1_0' : 'EventGridSchema';
  if (!topic.inputSchemas.includes(schema)) {
    const expected = isCloud ? 'EventGridEvent' : 'CloudEventV10';
    throw malformed(
      `This resource is configured to receive event in '${expected}' schema. The content type '${type}' does not match it.`,
    );
  }
  const body = parseJson(call.body.toString('utf8'));
  if (body === undefined) {
    throw malformed('The JSON received is not valid.');
  }
  const isBatch = Array.isArray(body);
  const mustBatch = type !== 'application/cloudevents+json';
  if (isBatch !== mustBatch) {
    const [expected, actual] = mustBatch ? ['StartArray', 'StartObject'] : ['StartObject', 'StartArray'];
    throw malformed(
      `The JSON received does not conform to the expected schema. Token Expected: ${expected}, Actual Token Received: ${actual}.`,
    );
  }
  const list: unknown[] = Array.isArray(body) ? body : [body];
  return list.map((item, index): AnyEvent => {
    const parsed = isCloud ? cloudEvent.safeParse(item) : gridEvent.safeParse(item);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw malformed(`Event ${index}: property '${issue?.path.join('.') ?? ''}' ${issue?.message ?? 'is invalid'}.`);
    }
    return isCloud
      ? { schema: 'CloudEventSchemaV1_0', event: cloudEvent.parse(item) }
      : { schema: 'EventGridSchema', event: gridEvent.parse(item) };
  });
}

function malformed(message: string): RefusedRequest {
  return new RefusedRequest(failure(400, 'BadRequest', message, 'InputJsonInvalid'));
}

function failure(status: number, code: string, message: string, detail = code): ApiReply {
  return { status, body: { error: { code, message, details: [{ code: detail, message }] } } };
}

/**
 * `r={resource}&e={expiry}&s={signature}` (Azure docs: event-grid
 * authenticate-with-access-keys-shared-access-signatures).
 */
function isSignedFor(plane: Plane, topic: Topic, token: string): boolean {
  const mark = token.lastIndexOf('&s=');
  if (mark < 0) return false;
  const signed = token.slice(0, mark);
  const signature = decodeURIComponent(token.slice(mark + 3));
  const expiry = new URLSearchParams(signed).get('e');
  if (expiry === null || !(new Date(expiry).getTime() > plane.clock.now().getTime())) return false;
  return topic.keys.some((key) => {
    const digest = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64');
    return isEqual(digest, signature);
  });
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
