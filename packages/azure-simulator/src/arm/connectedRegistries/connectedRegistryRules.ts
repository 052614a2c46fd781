import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { parseSyncCron } from '@connected-registry/protocol/registry/syncCron';
import { isContinuous } from '@connected-registry/protocol/registry/syncSchedule';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Plane } from '../../plane.js';
import type { ConnectedRegistry, Registry } from '../../state/registryState.js';
import { badRequest } from '../errors.js';
import { childId, childNameOf } from '../ids.js';

const DAY = 86_400;

/** Connected registries need the Premium tier and a dedicated data endpoint (Azure docs: intro-connected-registry). */
export function checkRegistryCanConnect(registry: Registry): void {
  if (registry.sku !== 'Premium') {
    throw badRequest(
      'UnsupportedSku',
      `Connected registries are not supported by the '${registry.sku}' SKU of the registry '${registry.name}'. Use Premium.`,
    );
  }
  if (!registry.dataEndpointEnabled) {
    throw badRequest(
      'DataEndpointDisabled',
      `The registry '${registry.name}' has no dedicated data endpoint. Enable it before using connected registries.`,
    );
  }
}

/**
 * Returns client tokens in their own spelling, without repetition.
 *
 * @throws 400 for an id that is not a token of this registry, and for more than the limit
 */
export function checkClientTokens(plane: Plane, registry: Registry, ids: readonly string[]): string[] {
  const tokens = new Map<string, string>();
  for (const id of ids) {
    const name = childNameOf(plane.arm, registry, 'tokens', id);
    const token = name === undefined ? undefined : registry.tokens.get(name);
    if (!token)
      throw badRequest('InvalidClientToken', `The client token '${id}' could not be found.`, 'clientTokenIds');
    const own = childId(plane.arm, registry, 'tokens', token.name);
    tokens.set(own.toLowerCase(), own);
  }
  const max = plane.settings.clientsPerConnectedRegistry;
  if (tokens.size > max) {
    throw badRequest(
      'ClientTokenLimitExceeded',
      `A connected registry can have at most ${max} client tokens; ${tokens.size} were given.`,
      'clientTokenIds',
    );
  }
  return [...tokens.values()];
}

/** @throws 400 if the id is not a token of this registry */
export function checkSyncToken(plane: Plane, registry: Registry, id: string): string {
  const name = childNameOf(plane.arm, registry, 'tokens', id);
  const token = name === undefined ? undefined : registry.tokens.get(name);
  if (!token)
    throw badRequest('InvalidSyncToken', `The sync token '${id}' could not be found.`, 'syncProperties.tokenId');
  return childId(plane.arm, registry, 'tokens', token.name);
}

/** @throws 400 if the parent is not a connected registry here, or would be its own ancestor */
export function checkParent(plane: Plane, registry: Registry, name: string, parentId: string): string {
  const parentName = childNameOf(plane.arm, registry, 'connectedRegistries', parentId);
  let ancestor = parentName === undefined ? undefined : registry.connectedRegistries.get(parentName);
  if (!ancestor)
    throw badRequest('InvalidParent', `The parent connected registry '${parentId}' could not be found.`, 'parent.id');
  const id = childId(plane.arm, registry, 'connectedRegistries', ancestor.name);
  while (ancestor) {
    if (sameName(ancestor.name, name)) {
      throw badRequest('InvalidParent', `The connected registry '${name}' cannot be its own ancestor.`, 'parent.id');
    }
    const above: string | undefined =
      ancestor.parentId && childNameOf(plane.arm, registry, 'connectedRegistries', ancestor.parentId);
    ancestor = above ? registry.connectedRegistries.get(above) : undefined;
  }
  return id;
}

/**
 * Checks schedule, window and message lifetime. A window of 1 hour to 7 days is required with every schedule except the
 * continuous one; messages live 1 to 90 days. Schedules are parsed as in the app; what else the service accepts is
 * unknown (Azure docs: intro-connected-registry; help of `az acr connected-registry create`).
 */
export function checkSync(sync: Pick<ConnectedRegistry, 'schedule' | 'syncWindow' | 'messageTtl'>): void {
  if (parseSyncCron(sync.schedule) === undefined)
    throw badRequest('InvalidSchedule', `The sync schedule '${sync.schedule}' is not a cron expression.`, 'schedule');
  if (sync.syncWindow !== undefined) checkDuration(sync.syncWindow, 3600, 7 * DAY, 'syncWindow', '1 hour to 7 days');
  else if (!isContinuous(sync.schedule)) {
    throw badRequest('SyncWindowRequired', 'A sync window is required with this schedule.', 'syncWindow');
  }
  checkDuration(sync.messageTtl, DAY, 90 * DAY, 'messageTtl', '1 to 90 days');
}

function checkDuration(text: string, min: number, max: number, target: string, span: string): void {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds >= min && seconds <= max) return;
  throw badRequest(
    'InvalidDuration',
    `The value '${text}' of ${target} is invalid: it must be a duration of ${span}.`,
    target,
  );
}
