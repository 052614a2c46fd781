import type { SyncFacts, SyncStop } from '@connected-registry/protocol/registry/syncSchedule';
import type { ConnectedRegistryFacts } from '../../ports/registryControlPlane.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Whether a connected registry lists a client token. ARM ignores case. */
export function isBound(connectedRegistry: ConnectedRegistryFacts | undefined, token: string): boolean {
  return (connectedRegistry?.clientTokens ?? []).some((name) => sameName(name, token));
}

/** Facts of a connected registry's sync, which decide how long a pull check waits. */
export function syncFacts(connectedRegistry: ConnectedRegistryFacts | undefined): SyncFacts {
  const { schedule, lastSyncTime } = connectedRegistry ?? {};
  return {
    ...(schedule ? { schedule } : {}),
    ...(lastSyncTime ? { lastSyncTime } : {}),
  };
}

/** A connected registry as a stop on the sync path from the cloud to the client. */
export function syncStop({ name, schedule, syncWindow }: SyncStop): SyncStop {
  return { name, ...(schedule ? { schedule } : {}), ...(syncWindow ? { syncWindow } : {}) };
}
