import { isAllowed } from '../../access/authorize.js';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { armRoute, authorizationFailed, registryOf } from '../armRoute.js';
import { parentNotFound, resourceNotFound } from '../errors.js';
import { REGISTRY_PATH, SUBSCRIPTION_PATH } from '../ids.js';
import type { Busy, FollowedBy } from './longRunning.js';
import { RETRY_AFTER } from './pace.js';

const PROVIDER = 'Microsoft.ContainerRegistry';
/**
 * Recorded for all polls of deletions. A role on a registry cannot contain it, because its scope is the subscription.
 */
const RESULTS_READ = `${PROVIDER}/locations/operationResults/read`;

/** Types with their own right to poll in the published list of operations; connected registries have none. */
const FOLLOWED = ['scopeMaps', 'tokens', 'replications'] as const;

/**
 * Routes of the polls of asynchronous writes: below the registry and its children, and for deletions below a location.
 */
export function operationStatusRoutes(plane: Plane): Route[] {
  const handle = (call: Call): Promise<ApiReply> => status(plane, call);
  return [
    armRoute(plane, {
      method: 'GET',
      path: `${REGISTRY_PATH}/operationStatuses/{operation}`,
      action: `${PROVIDER}/registries/operationStatuses/read`,
      family: 'registries',
      handle,
    }),
    ...FOLLOWED.map((type) =>
      armRoute(plane, {
        method: 'GET',
        path: `${REGISTRY_PATH}/${type}/{name}/operationStatuses/{operation}`,
        action: `${PROVIDER}/registries/${type}/operationStatuses/read`,
        family: `registries/${type}`,
        handle,
      }),
    ),
    armRoute(plane, {
      method: 'GET',
      path: `${SUBSCRIPTION_PATH}/providers/${PROVIDER}/locations/{location}/operationResults/{operation}`,
      action: RESULTS_READ,
      open: true,
      handle: (call) => results(plane, call),
    }),
  ];
}

async function status(plane: Plane, call: Call): Promise<ApiReply> {
  const path = decodeURI(call.path);
  const found = await plane.operations.poll(path);
  const parent = path.slice(0, path.toLowerCase().lastIndexOf('/operationstatuses/'));
  if (!found) return afterRestart(plane, call);
  if (!plane.operations.ghost(parent) && !isThere(plane, call)) throw parentGone(call, parent);
  if ('result' in found) return found.result;
  return stillBusy(plane, call, found);
}

/** Answers a poll of a deletion, which has no body. */
async function results(plane: Plane, call: Call): Promise<ApiReply> {
  if (plane.settings.operationResultsRight === 'enforced' && !mayPoll(plane, call))
    throw authorizationFailed(call, RESULTS_READ, `/subscriptions/${plane.arm.subscriptionId}`);
  const found = await plane.operations.poll(decodeURI(call.path));
  if (!found) throw resourceNotFound(decodeURI(call.path));
  if ('result' in found) return found.result;
  return stillBusy(plane, call, found);
}

/** For `Azure-AsyncOperation` a 200 has the state; at a `Location` a 202 asks to poll again. */
function stillBusy(plane: Plane, call: Call, { busy, by }: { busy: Busy; by: FollowedBy }): ApiReply {
  const address = `${plane.baseUrl}${call.path}?${new URLSearchParams([...call.query]).toString()}`;
  const headers = { 'retry-after': RETRY_AFTER };
  return by === 'Location'
    ? { status: 202, headers: { ...headers, location: address } }
    : { status: 200, headers: { ...headers, 'azure-asyncoperation': address }, body: { status: busy } };
}

function mayPoll(plane: Plane, call: Call): boolean {
  return isAllowed(plane.arm.roleAssignments, {
    principalId: call.principal.objectId,
    action: RESULTS_READ,
    scope: `/subscriptions/${plane.arm.subscriptionId}`,
    plane: 'control',
  });
}

function isThere(plane: Plane, call: Call): boolean {
  const registry = plane.arm.registries.get(call.params['registry'] ?? '');
  const name = call.params['name'];
  if (!registry) return false;
  if (name === undefined) return true;
  return [registry.scopeMaps, registry.tokens, registry.replications].some((kind) => kind.get(name) !== undefined);
}

/** Recorded for a poll after the registry was deleted. */
function parentGone(call: Call, parent: string): Error {
  const type =
    call.params['name'] === undefined ? 'operationStatuses' : `${call.path.split('/').at(-4) ?? ''}/operationStatuses`;
  return parentNotFound(`${PROVIDER}/registries/${type}`, parent);
}

/** Operations are short, so an operation that is unknown after a restart has succeeded if its resource exists. */
function afterRestart(plane: Plane, call: Call): ApiReply {
  registryOf(plane, call);
  if (call.params['name'] === undefined || !isThere(plane, call)) throw resourceNotFound(decodeURI(call.path));
  return { status: 200, body: { status: 'Succeeded' } };
}
