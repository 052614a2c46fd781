import { createHash, randomUUID } from 'node:crypto';
import { header, type ApiReply } from '../../http/message.js';
import type { Call } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import type { Busy } from './longRunning.js';
import { RETRY_AFTER, type OperationKind } from './pace.js';

/** How an asynchronous write is followed. */
export interface Following {
  /** The resource's id. */
  resource: string;
  /** The kind of operation, which determines its duration. */
  kind: OperationKind;
  /** Prefix of the operation's name: `token` in `token-GUID`. */
  prefix: string;
  /** The id of the registry. The GUID is derived from it if the caller sends none. */
  within: string;
  /** Whether the operation's address is signed. */
  signed: boolean;
}

/**
 * The answer to an asynchronous PUT or PATCH: 201 with the current resource, and `Azure-AsyncOperation` below the
 * resource (azure-cli and Azure PowerShell test recordings), or below another one if no right to poll it exists.
 *
 * @param body creates the resource's JSON; called after the operation has started, so that it contains its state
 */
export function resourceReply(
  plane: Plane,
  call: Call,
  following: Following & { created: boolean; polledBelow?: string },
  body: () => unknown,
): ApiReply {
  const path = `${following.polledBelow ?? following.resource}/operationStatuses/${operationName(call, following)}`;
  const url = operationUrl(plane, call, path, following.signed);
  const headers = { 'azure-asyncoperation': url, 'retry-after': RETRY_AFTER };
  plane.operations.start({
    path,
    resource: following.resource,
    kind: following.kind,
    busy: following.created ? 'Creating' : 'Updating',
    by: 'Azure-AsyncOperation',
    result: { status: 200, headers, body: { status: 'Succeeded' } },
  });
  return { status: 201, headers, body: body() };
}

/** The path at which deletions are polled: below the subscription, which a role on the registry does not cover. */
export function locationResults(plane: Plane, location: string): string {
  const subscription = `/subscriptions/${plane.arm.subscriptionId}`;
  return `${subscription}/providers/Microsoft.ContainerRegistry/locations/${location}/operationResults`;
}

/**
 * The answer to an asynchronous DELETE or POST: 202 and a `Location`.
 *
 * @param body of the 202; undefined for none
 */
export function locationReply(
  plane: Plane,
  call: Call,
  following: Following & { polledBelow: string; busy: Busy; result: ApiReply; ghost?: () => unknown },
  body?: () => unknown,
): ApiReply {
  const { resource, kind, busy, result, ghost } = following;
  const path = `${following.polledBelow}/${operationName(call, following)}`;
  const headers = {
    location: operationUrl(plane, call, path, following.signed),
    'retry-after': RETRY_AFTER,
  };
  plane.operations.start({ path, resource, kind, busy, by: 'Location', result, ...(ghost && { ghost }) });
  return { status: 202, headers, ...(body && { body: body() }) };
}

/**
 * `token-GUID`, where the GUID is the caller's `x-ms-client-request-id`. The Azure CLI sends one for all calls of a
 * command, so that a name is reused for another resource. Without it, all of a caller's operations on a registry have
 * the same name here, which is the stricter assumption.
 */
function operationName(call: Call, { prefix, within }: Following): string {
  const given = header(call, 'x-ms-client-request-id') ?? '';
  const isGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given);
  return `${prefix}-${isGuid ? given : guidOf(`${call.principal.objectId} ${within.toLowerCase()}`)}`;
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The parts of the signature have their recorded names; only the service uses their contents. */
function operationUrl(plane: Plane, call: Call, path: string, signed: boolean): string {
  const query = new URLSearchParams({ 'api-version': call.query.get('api-version') ?? '' });
  if (signed) {
    query.set('t', String(plane.clock.now().getTime()));
    for (const part of ['c', 's', 'h']) query.set(part, randomUUID().replaceAll('-', ''));
  }
  return `${plane.baseUrl}${path}?${query.toString()}`;
}
