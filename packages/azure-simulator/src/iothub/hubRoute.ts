import type { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { isAllowed } from '../access/authorize.js';
import type { Principal } from '../access/identities.js';
import { hubId } from '../arm/ids.js';
import type { TokenVerifier } from '../entra/accessTokens.js';
import type { ApiReply, ApiRequest, RefusedRequest } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { HUB_HOST } from './hub.js';
import { argumentInvalid, deviceNotFound, hubError, preconditionFailed } from './hubErrors.js';
import type { HubIdentity, HubRight } from './hubState.js';
import { isGoodFor, readSharedAccess } from './sharedAccess.js';

/** Api-versions of the service API (azure-rest-api-specs, iothub data-plane). */
const VERSIONS = ['2018-06-30', '2019-10-01', '2020-03-13', '2020-05-31-preview', '2020-09-30', '2021-04-12'];

export interface HubRoute {
  method: Route['method'];
  /** Below the hub's address. */
  path: string;
  /** Without `Microsoft.Devices/IotHubs/` (Azure docs: role-based-access-control, permissions/internet-of-things). */
  action: string;
  /** The right of a shared access policy that allows the same. */
  right: HubRight;
  handle: Route['handle'];
}

/** Creates routes of the hub's service API that check api-version and authorization. */
export function hubRoute(plane: Plane, route: HubRoute): Route {
  const action = `Microsoft.Devices/IotHubs/${route.action}`;
  return {
    method: route.method,
    path: `/iothub${route.path}`,
    service: 'iothub',
    operation: action,
    handle(call) {
      const version = call.query.get('api-version');
      if (version === undefined || !VERSIONS.includes(version.toLowerCase())) {
        const message = `The api-version '${version ?? ''}' is not supported. Use one of ${VERSIONS.join(', ')}.`;
        throw hubError(400, 'InvalidProtocolVersion', message, plane.clock.now());
      }
      authorize(plane, call, action, route.right);
      return route.handle(call);
    },
  };
}

/**
 * Missing authentication and missing rights are both a 401 here (Azure docs: troubleshoot-error-codes, 401003
 * IoTHubUnauthorized).
 */
function authorize(plane: Plane, call: Call, action: string, right: HubRight): void {
  const { principal } = call;
  const policy = POLICY.exec(principal.name)?.[1];
  if (policy !== undefined) {
    if (plane.hub.state.policies.find(({ name }) => name === policy)?.rights.includes(right)) return;
    throw unauthorized(plane, `Authorization rule '${policy}' does not allow access for '${call.path}'.`);
  }
  const allowed = isAllowed(plane.arm.roleAssignments, {
    principalId: principal.objectId,
    action,
    scope: hubId(plane.arm, plane.hub.state.name),
    plane: 'data',
  });
  if (allowed) return;
  const where = call.path.slice('/iothub'.length);
  throw unauthorized(
    plane,
    `Principal ${principal.objectId} is not authorized for ${call.method} on ${where} due to no assigned permissions.`,
  );
}

const POLICY = /^hub-policy:(.+)$/;

/** Accepts a bearer token for https://iothubs.azure.net, or a signature made with a policy's key. */
export async function identifyHubCaller(
  plane: Plane,
  verifier: TokenVerifier,
  request: ApiRequest,
): Promise<Principal | ApiReply> {
  const { authorization } = request.headers;
  if (authorization === undefined) return unauthorized(plane, 'Authorization header missing').reply;
  const access = readSharedAccess(authorization);
  if (access) {
    const policy = plane.hub.state.policies.find(({ name }) => name === access.policy);
    const keys = policy ? [policy.primaryKey, policy.secondaryKey] : [];
    return policy && isGoodFor(access, keys, HUB_HOST, plane.clock.now())
      ? { name: `hub-policy:${policy.name}`, clientId: '', objectId: '' }
      : unauthorized(plane, 'Unauthorized').reply;
  }
  const verdict = await verifier.verify(authorization, 'iothub');
  return typeof verdict === 'string' ? unauthorized(plane, 'Unauthorized').reply : verdict;
}

function unauthorized(plane: Plane, message: string): RefusedRequest {
  return hubError(401, 'IotHubUnauthorizedAccess', message, plane.clock.now());
}

/**
 * The identity that a call is about.
 * @throws 404 DeviceNotFound
 */
export function hubIdentityOf(plane: Plane, call: Call): HubIdentity {
  const { device = '', module } = call.params;
  const identity = plane.hub.find(device, module);
  if (!identity) throw deviceNotFound(module === undefined ? device : `${device}/${module}`, plane.clock.now());
  return identity;
}

/**
 * Compares `If-Match` with an etag, with or without quotes.
 *
 * @returns whether the header was sent
 * @throws 412 PreconditionFailed
 */
export function checkIfMatch(plane: Plane, call: Call, etag: string): boolean {
  const sent = call.headers['if-match'];
  if (sent === undefined) return false;
  const wanted = sent.replace(/^W\//, '').replace(/^"+|"+$/g, '');
  if (wanted !== '*' && wanted !== etag) throw preconditionFailed(plane.clock.now());
  return true;
}

/** @throws 400 ArgumentInvalid */
export function hubBody<T extends z.ZodType>(plane: Plane, call: Call, schema: T): z.output<T> {
  const value = parseJson(call.body.toString('utf8'));
  if (value === undefined) {
    throw argumentInvalid('The request body is not valid JSON.', plane.clock.now());
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw argumentInvalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, plane.clock.now());
}
