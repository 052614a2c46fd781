import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { nextSync } from '@connected-registry/protocol/registry/syncSchedule';
import type { ConnectedRegistry } from '../state/registryState.js';

/** Seconds without contact after which a continuously syncing connected registry counts as disconnected. */
const OFFLINE_AFTER = 300;

/**
 * Whether a connected registry has missed its syncs. One with a schedule and a window is silent between its windows by
 * design: it counts as disconnected after a whole window without a sync (Azure docs: intro-connected-registry, on
 * schedule and sync window; when the service reports Offline is not public).
 */
export function silentTooLong(
  { schedule, syncWindow, lastActivityTime }: Pick<ConnectedRegistry, 'schedule' | 'syncWindow' | 'lastActivityTime'>,
  now: Date,
): boolean {
  if (lastActivityTime === undefined) return true;
  const last = new Date(lastActivityTime);
  if (now.getTime() - last.getTime() <= OFFLINE_AFTER * 1000) return false;
  const window = durationSeconds(syncWindow ?? '');
  if (window === undefined) return true;
  const missed = nextSync(schedule, last);
  return missed !== undefined && missed.getTime() + window * 1000 <= now.getTime();
}
