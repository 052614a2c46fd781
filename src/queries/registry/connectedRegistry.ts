import type { SyncFacts, SyncStop } from '@connected-registry/protocol/registry/syncSchedule';
import type { ConnectedRegistryFacts } from '../../ports/registryControlPlane.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Whether a client token is in the connected registry's list; ARM ignores case. */
export function isBound(connectedRegistry: ConnectedRegistryFacts | undefined, token: string): boolean {
  return (connectedRegistry?.clientTokens ?? []).some((name) => sameName(name, token));
}

/** What paces a pull check. */
export function syncFacts(connectedRegistry: ConnectedRegistryFacts | undefined): SyncFacts {
  const { schedule, lastSyncTime } = connectedRegistry ?? {};
  return {
    ...(schedule ? { schedule } : {}),
    ...(lastSyncTime ? { lastSyncTime } : {}),
  };
}

/** A connected registry as a stop on the way from the cloud to its clients. */
export function syncStop({ name, schedule, syncWindow }: SyncStop): SyncStop {
  return { name, ...(schedule ? { schedule } : {}), ...(syncWindow ? { syncWindow } : {}) };
}
