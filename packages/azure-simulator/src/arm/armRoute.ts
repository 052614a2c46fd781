import { isAllowed } from '../access/authorize.js';
import type { ApiReply, ApiRequest } from '../http/message.js';
import type { Principal } from '../access/identities.js';
import type { Refusal, TokenVerifier } from '../entra/accessTokens.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { ResourceGroup } from '../state/armState.js';
import type { Registry } from '../state/registryState.js';
import { emitResourceEvent } from '../eventgrid/systemEvents.js';
import { checkApiVersion, supportedVersions, type VersionFamily } from './apiVersions.js';
import { armError, armErrorReply, badRequest, parentNotFound, topLevelNotFound } from './errors.js';
import { generationOf } from './generations.js';
import { assignmentAttributes } from './roles/assignmentAttributes.js';
import { REGISTRY_PATH, registryId, type RoutedChild } from './ids.js';
import type { z } from 'zod';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

export interface ArmRoute {
  method: Route['method'];
  path: string;
  /** For example `Microsoft.ContainerRegistry/registries/tokens/write`. */
  action: string;
  family?: VersionFamily;
  /** True for routes that any signed-in caller may use, and that filter their results. */
  open?: boolean;
  handle: Route['handle'];
}

/** Creates ARM routes that check api-version, subscription, authorization and resource group, in this order. */
export function armRoute(plane: Plane, route: ArmRoute): Route {
  return {
    method: route.method,
    path: route.path,
    service: 'arm',
    operation: route.action,
    async handle(call) {
      const location = 'westeurope';
      checkApiVersion(call.query.get('api-version'), location, route.family);
      const subscription = call.params['subscription'];
      if (subscription !== undefined && subscription.toLowerCase() !== plane.arm.subscriptionId) {
        throw armError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
      }
      if (!route.open) authorize(plane, call, route.action);
      const group = call.params['group'];
      if (group !== undefined && !plane.arm.resourceGroups.get(group)) {
        throw armError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
      }
      const reply = await route.handle(call);
      if (route.method !== 'GET' && reply.status < 300) publishWrite(plane, call, route.action);
      return route.family && reply.status < 300 ? namingVersions(plane, call, route.family, reply) : reply;
    },
  };
}

/** Since 2020-11 the registry service names its api-versions in answers. */
function namingVersions(plane: Plane, call: Call, family: VersionFamily, reply: ApiReply): ApiReply {
  const registry = plane.arm.registries.get(call.params['registry'] ?? '');
  if (registry && !generationOf(registry).namesVersions) return reply;
  return {
    ...reply,
    headers: { 'api-supported-versions': supportedVersions(family, versionOf(call)), ...reply.headers },
  };
}

/** The operations on one kind of a registry's children. */
export interface ChildHandlers {
  list: Route['handle'];
  get: Route['handle'];
  put: Route['handle'];
  patch: Route['handle'];
  remove: Route['handle'];
}

/** The paths of resources of one type, and the checks on their callers. */
export interface ResourcePlace {
  /** The type, which is the prefix of its operations' names. */
  readonly type: string;
  /** The path of the collection, without a name. */
  readonly all: string;
  /** The path parameter that holds the name. */
  readonly name: string;
  readonly family?: ArmRoute['family'];
}

/** The routes of resources of any type; PATCH if there is a handler for it. */
export function resourceRoutes(
  plane: Plane,
  { type, all, name, family }: ResourcePlace,
  { list, get, put, patch, remove }: Omit<ChildHandlers, 'patch'> & Partial<ChildHandlers>,
): Route[] {
  const item = `${all}/{${name}}`;
  const route = (method: ArmRoute['method'], path: string, verb: string, handle: Route['handle']): Route =>
    armRoute(plane, { method, path, action: `${type}/${verb}`, ...(family === undefined ? {} : { family }), handle });
  return [
    route('GET', all, 'read', list),
    route('GET', item, 'read', get),
    route('PUT', item, 'write', put),
    ...(patch === undefined ? [] : [route('PATCH', item, 'write', patch)]),
    route('DELETE', item, 'delete', remove),
  ];
}

/** The routes of every kind of a registry's children. */
export function childRoutes(plane: Plane, kind: RoutedChild, handlers: ChildHandlers): Route[] {
  const type = `Microsoft.ContainerRegistry/registries/${kind}`;
  const place = { type, all: `${REGISTRY_PATH}/${kind}`, name: 'name', family: `registries/${kind}` as const };
  return resourceRoutes(plane, place, handlers);
}

/** Publishes an event of the resource group for every successful write, including the app's own. */
function publishWrite(plane: Plane, call: Call, operation: string): void {
  // Commit first, so that no event is published about a change that may be lost.
  plane.commit();
  const kind = call.method === 'DELETE' ? 'Delete' : call.method === 'POST' ? 'Action' : 'Write';
  const { method, principal } = call;
  emitResourceEvent(plane, { kind, method, path: decodeURI(call.path), operation, principal });
}

function authorize(plane: Plane, call: Call, action: string): void {
  const scope = decodeURI(call.path);
  const isAboutAssignment = action.startsWith('Microsoft.Authorization/roleAssignments/');
  const question = {
    principalId: call.principal.objectId,
    action,
    scope,
    plane: 'control' as const,
    ...(isAboutAssignment ? { assignment: assignmentAttributes(plane, call) } : {}),
  };
  if (!isAllowed(plane.arm.roleAssignments, question)) throw authorizationFailed(call, action, scope);
}

/** ARM's 403 (Azure docs: role-based-access-control, troubleshooting). */
export function authorizationFailed({ principal }: Pick<Call, 'principal'>, action: string, scope: string): Error {
  return armError(
    403,
    'AuthorizationFailed',
    `The client '${principal.clientId}' with object id '${principal.objectId}' does not have authorization to perform ` +
      `action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please ` +
      'refresh your credentials.',
  );
}

/** Verifies the bearer token, or answers with ARM's 401 (Azure docs: resource-manager common errors). */
export async function identifyArmCaller(
  plane: Plane,
  verifier: TokenVerifier,
  request: ApiRequest,
): Promise<Principal | ApiReply> {
  const verdict = await verifier.verify(request.headers.authorization, 'arm');
  if (typeof verdict !== 'string') return verdict;
  const [code, message] = ARM_REFUSALS[verdict];
  const reply = armErrorReply(401, code, message);
  const authority = `${plane.baseUrl}/${plane.arm.tenantId}`;
  return {
    ...reply,
    headers: {
      'www-authenticate': `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${message}"`,
    },
  };
}

const ARM_REFUSALS: Record<Refusal, [string, string]> = {
  missing: ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."],
  invalid: ['InvalidAuthenticationToken', 'The access token is invalid.'],
  expired: ['ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.'],
  audience: [
    'InvalidAuthenticationTokenAudience',
    'The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences.',
  ],
};

/** @throws ARM's 404 if the registry does not exist in the call's resource group */
export function registryOf(plane: Plane, call: Call): Registry {
  const registry = findRegistry(plane, call);
  if (registry) return registry;
  throw topLevelNotFound(
    'Microsoft.ContainerRegistry/registries',
    call.params['registry'] ?? '',
    call.params['group'] ?? '',
  );
}

/** @throws ARM's 404 for a write below a registry that does not exist */
export function parentRegistryOf(plane: Plane, call: Call, type: string): Registry {
  const registry = findRegistry(plane, call);
  if (registry) return registry;
  const parent = { name: call.params['registry'] ?? '', resourceGroup: call.params['group'] ?? '' };
  throw parentNotFound(`Microsoft.ContainerRegistry/${type}`, registryId(plane.arm, parent));
}

function findRegistry(plane: Plane, call: Call): Registry | undefined {
  const registry = plane.arm.registries.get(call.params['registry'] ?? '');
  return registry && sameName(call.params['group'], registry.resourceGroup) ? registry : undefined;
}

/** The call's api-version, which has already been checked. */
export function versionOf(call: Call): string {
  return (call.query.get('api-version') ?? '').toLowerCase();
}

/** The resource group, in its own spelling. */
export function groupOf(plane: Plane, call: Call): ResourceGroup {
  const group = plane.arm.resourceGroups.get(call.params['group'] ?? '');
  if (!group)
    throw armError(404, 'ResourceGroupNotFound', `Resource group '${call.params['group']}' could not be found.`);
  return group;
}

/**
 * Parses a body. Unknown members are ignored, as in ARM's providers.
 * @throws 400 InvalidRequestContent
 */
export function armBody<T extends z.ZodType>(call: Call, schema: T): z.output<T> {
  const value = parseJson(call.body.toString('utf8'));
  if (value === undefined) {
    throw badRequest(
      'InvalidRequestContent',
      'The request content was invalid and could not be deserialized: it is not a JSON object.',
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue?.path.join('.') ?? '';
  throw badRequest(
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${at}: ${issue?.message ?? 'invalid'}'.`,
    at,
  );
}
