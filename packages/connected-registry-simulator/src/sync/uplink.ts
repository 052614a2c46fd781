import type { StatusDetail, SyncRequest } from '@connected-registry/azure-simulator/gateway/messages';
import type { EdgeClock } from '../edgeClock.js';
import { merge } from './merge.js';
import type { Snapshot } from './snapshot.js';
import { SyncFailure } from './source.js';
import type { SyncSource } from './source.js';

/** What this connected registry says it is, upstream and in ARM. */
export const VERSION = '0.1.0';

export interface UplinkOptions {
  source: SyncSource;
  clock: EdgeClock;
  known: Snapshot | undefined;
  /** What to tell beside what the uplink knows itself. */
  report: () => Pick<SyncRequest, 'pushed' | 'descendants'>;
  /** Takes a state into use and keeps it. Throws when it cannot be kept; it is in use nevertheless. */
  apply: (state: Snapshot) => Promise<void>;
  /** Told what was reported, once it has arrived. */
  reported: (request: SyncRequest) => void;
}

/** The way up: one sync at a time, and the switches that tests have over it. */
export interface Uplink {
  /** @param due when it was due, if not now */
  sync(due?: Date): Promise<void>;
  state(): Snapshot | undefined;
  lastSync(): Date | undefined;
  offline: boolean;
  /** Reported with every sync, beside what goes wrong here (Azure/acr docs: connected-registry-error-codes). */
  statusDetails: StatusDetail[];
  /** Has the next sync bring everything. */
  forget(): void;
}

export function createUplink({ source, clock, known, report, apply, reported }: UplinkOptions): Uplink {
  let state = known;
  let lastSync: Date | undefined;
  let everything = false;
  let diskError: StatusDetail | undefined;
  const uplink: Uplink = {
    offline: false,
    statusDetails: [],
    state: () => state,
    lastSync: () => lastSync,
    forget() {
      everything = true;
    },
    async sync(due) {
      if (uplink.offline) throw new SyncFailure('offline, as the test control says');
      const began = clock.now();
      const asksEverything = everything;
      const request: SyncRequest = {
        lastGeneration: asksEverything ? undefined : state?.generation,
        dueAt: (due ?? began).toISOString(),
        version: VERSION,
        statusDetails: [...uplink.statusDetails, ...(diskError ? [diskError] : [])],
        ...report(),
      };
      const next = merge(state, await source(request), clock.now());
      if (!next) throw new SyncFailure('the control plane sent a part of what was never sent whole');
      if (asksEverything) everything = false;
      state = next;
      lastSync = began;
      reported(request);
      diskError = await apply(next).then(
        () => undefined,
        () => ({
          type: 'Critical',
          code: 'DiskError',
          description: 'the synced state cannot be kept',
          correlationId: '',
        }),
      );
    },
  };
  return uplink;
}
