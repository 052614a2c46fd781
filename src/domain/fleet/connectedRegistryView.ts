import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import { pullableRepositories } from '@connected-registry/protocol/names/permissions';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { CONNECTED_REGISTRY_MODES, memberOf } from '@connected-registry/protocol/registry/armEnumerations';
import { nextSync } from '@connected-registry/protocol/registry/syncSchedule';

/** What ARM reports about a connected registry, as far as the overview shows it. */
export interface ReportedConnectedRegistry {
  readonly name: string;
  readonly parent?: string;
  readonly mode: string;
  readonly isActive: boolean | undefined;
  readonly connectionState?: FleetConnectedRegistry['connectionState'];
  readonly loginServer?: string;
  readonly schedule?: string;
  readonly syncWindow?: string;
  readonly lastSyncTime?: string;
  readonly clientTokens: readonly string[];
}

/** Maximum repositories that are listed for each. */
const MAX_REPOSITORIES = 100;

interface Around {
  readonly registry: string;
  /** All connected registries of the registry. */
  readonly all: readonly ReportedConnectedRegistry[];
  /** Actions of its sync token's scope map; absent if they are not known. */
  readonly syncActions?: readonly string[];
  /** Maximum client tokens. */
  readonly cap: number;
  readonly now: Date;
}

/** What the overview shows of a connected registry. */
export function connectedRegistryView(
  item: ReportedConnectedRegistry,
  { registry, all, syncActions, cap, now }: Around,
): FleetConnectedRegistry {
  const { name, parent, isActive, connectionState, loginServer, schedule, syncWindow, lastSyncTime } = item;
  const mode = memberOf(CONNECTED_REGISTRY_MODES, item.mode);
  const repositories = syncActions && pullableRepositories(syncActions);
  const next = nextSync(schedule, now)?.toISOString();
  return {
    registry,
    name,
    ...(parent === undefined ? {} : { parent }),
    path: syncPath(item, all),
    ...(mode === undefined ? {} : { mode }),
    ...(connectionState === undefined ? {} : { connectionState }),
    ...(isActive === undefined ? {} : { activation: isActive ? 'Active' : 'Inactive' }),
    ...(loginServer === undefined ? {} : { loginServer }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(syncWindow === undefined ? {} : { syncWindow }),
    ...(lastSyncTime === undefined ? {} : { lastSync: lastSyncTime }),
    ...(next === undefined ? {} : { nextSync: next }),
    clients: item.clientTokens.length,
    cap,
    ...(repositories === undefined
      ? {}
      : { repositories: repositories.slice(0, MAX_REPOSITORIES), repositoryCount: repositories.length }),
  };
}

/** From the cloud on. A parent that ARM does not list is named, and nothing above it is known. */
function syncPath(item: ReportedConnectedRegistry, all: readonly ReportedConnectedRegistry[]): string[] {
  const path: string[] = [];
  for (let next: string | undefined = item.name; next !== undefined;) {
    const name: string = next;
    if (path.some((known) => sameName(known, name))) break;
    path.unshift(name);
    next = sameName(name, item.name) ? item.parent : all.find((other) => sameName(other.name, name))?.parent;
  }
  return path;
}
