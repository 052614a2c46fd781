import { takesWrites } from '@connected-registry/protocol/registry/armEnumerations';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry } from '../state/registryState.js';
import { withNewEpoch } from './epoch.js';
import { ancestorsOf, grantedByAll, syncScopes } from './lineage.js';
import type { DescendantReport, SyncRequest } from './messages.js';

type About = Pick<SyncRequest, 'version' | 'statusDetails' | 'pushed'>;

/** Records that a connected registry synced at `at`, and its report. The first sync activates it. */
export function recordSync(
  plane: Plane,
  registry: Registry,
  connected: ConnectedRegistry,
  report: About,
  at: Date,
): ConnectedRegistry {
  const { deactivatedAt: _over, ...rest } = connected;
  const time = at.toISOString();
  const synced: ConnectedRegistry = {
    ...(connected.activation === 'Inactive' ? withNewEpoch(rest, at) : rest),
    activation: 'Active',
    lastSyncTime: time,
    lastActivityTime: time,
    ...(report.version === undefined ? {} : { version: report.version }),
    ...(report.statusDetails === undefined
      ? {}
      : { statusDetails: report.statusDetails.map((detail) => ({ ...detail, timestamp: time })) }),
  };
  registry.connectedRegistries.set(synced);
  takePushes(plane, registry, synced, report.pushed ?? []);
  plane.armFile.changed(connected.activation === 'Active' ? 'later' : 'soon');
  return synced;
}

/**
 * Records a parent's reports about connected registries below it. Reports about others, about deactivated ones, and
 * older reports are ignored.
 */
export function recordDescendants(
  plane: Plane,
  registry: Registry,
  parent: ConnectedRegistry,
  reports: readonly DescendantReport[],
): void {
  for (const report of reports) {
    const connected = registry.connectedRegistries.get(report.name);
    if (!connected || !ancestorsOf(plane, registry, connected).some(({ name }) => name === parent.name)) continue;
    const { deactivatedAt, lastSyncTime } = connected;
    const returns = deactivatedAt === undefined || (report.credentialFrom ?? '') > deactivatedAt;
    if (connected.activation === 'Inactive' && !returns) continue;
    const at = new Date(report.syncedAt);
    if (lastSyncTime !== undefined && new Date(lastSyncTime) >= at) continue;
    recordSync(plane, registry, connected, report, at);
  }
}

/** Tags pushed at the edge become tags of the cloud registry, if every sync scope on the path allows writes. */
function takePushes(
  plane: Plane,
  registry: Registry,
  connected: ConnectedRegistry,
  pushed: readonly { repository: string; tag: string }[],
): void {
  if (pushed.length === 0 || takesWrites(connected.mode) !== true) return;
  const scopes = syncScopes(plane, registry, connected);
  for (const { repository, tag } of pushed) {
    if (!grantedByAll(scopes, repository, 'content/write')) continue;
    const tags = registry.repositories.get(repository)?.tags ?? [];
    if (tags.includes(tag)) continue;
    registry.repositories.set({ name: repository, tags: [...tags, tag] });
    plane.armFile.changed();
  }
}
