import type { StatusDetail, SyncRequest } from '@connected-registry/azure-simulator/gateway/messages';
import type { EdgeClock } from '../edgeClock.js';
import { merge } from './merge.js';
import type { Snapshot } from './snapshot.js';
import { SyncFailure } from './source.js';
import type { SyncSource } from './source.js';

/** The version that this connected registry reports upstream, and thus to ARM. */
export const VERSION = '0.1.0';

export interface UplinkOptions {
  source: SyncSource;
  clock: EdgeClock;
  known: Snapshot | undefined;
  /** Returns what to report in addition to the uplink's own facts. */
  report: () => Pick<SyncRequest, 'pushed' | 'descendants'>;
  /**
   * Applies a state and saves it.
   * @throws if it cannot be saved; it is applied nevertheless
   */
  apply: (state: Snapshot) => Promise<void>;
  /** Called with a report after it has arrived. */
  reported: (request: SyncRequest) => void;
}

/** The connection to the upstream: one sync at a time, and switches for tests. */
export interface Uplink {
  /** @param due when it was due, if not now */
  sync(due?: Date): Promise<void>;
  state(): Snapshot | undefined;
  lastSync(): Date | undefined;
  offline: boolean;
  /** Sent with every sync, in addition to errors that occur here (Azure/acr docs: connected-registry-error-codes). */
  statusDetails: StatusDetail[];
  /** Makes the next sync deliver everything. */
  forget(): void;
}

export function createUplink({ source, clock, known, report, apply, reported }: UplinkOptions): Uplink {
  let state = known;
  let lastSync: Date | undefined;
  let resyncs = false;
  let diskError: StatusDetail | undefined;
  const uplink: Uplink = {
    offline: false,
    statusDetails: [],
    state: () => state,
    lastSync: () => lastSync,
    forget() {
      resyncs = true;
    },
    async sync(due) {
      if (uplink.offline) throw new SyncFailure('offline, as set by the test control');
      const startedAt = clock.now();
      const isResync = resyncs;
      const request: SyncRequest = {
        lastGeneration: isResync ? undefined : state?.generation,
        dueAt: (due ?? startedAt).toISOString(),
        version: VERSION,
        statusDetails: [...uplink.statusDetails, ...(diskError ? [diskError] : [])],
        ...report(),
      };
      const next = merge(state, await source(request), clock.now());
      if (!next) throw new SyncFailure('the control plane sent changes to a state that was never delivered');
      if (isResync) resyncs = false;
      state = next;
      lastSync = startedAt;
      reported(request);
      diskError = await apply(next).then(
        () => undefined,
        () => ({
          type: 'Critical',
          code: 'DiskError',
          description: 'the synced state could not be saved',
          correlationId: '',
        }),
      );
    },
  };
  return uplink;
}
