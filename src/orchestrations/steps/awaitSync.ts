import {
  lookAgainSeconds,
  nextSync,
  SYNC_SLACK_SECONDS,
  type SyncStop,
} from '@connected-registry/protocol/registry/syncSchedule';
import type { Run } from '../../domain/operations/run.js';
import { repeat, type Try } from '../run/backoff.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/**
 * Waits until a password that was made now is known at the edge: first in the whole cloud registry, then by one sync of
 * each connected registry on the sync path, in order. The device is not asked before, so that an edge that is offline,
 * or syncs at night, costs no attempt. The wait ends by what ARM reports of the syncs, never by the clock alone.
 *
 * @throws StepFailed `sync-overdue`
 */
export function* awaitSync(run: RunContext<Run>, syncPath: readonly SyncStop[]): Flow<void> {
  const deadline = run.later(run.limits.syncDeadlineSeconds);
  let since = run.later(run.limits.passwordReplicationSeconds);
  for (const stop of syncPath) since = yield* syncSince(run, stop, since, deadline);
}

/** Waits for a sync at or after `instant`. @returns when it was */
function* syncSince(run: RunContext<Run>, stop: SyncStop, instant: Date, deadline: Date): Flow<Date> {
  const { registry } = run.input.request;
  const { name } = stop;
  return yield* repeat<Date>(run, function* (tries): Flow<Try<Date>> {
    // The first look comes after the next sync.
    if (tries > 1) {
      const { lastSyncTime } = yield* run.activities.readSync({ registry, connectedRegistry: name });
      if (lastSyncTime !== undefined && new Date(lastSyncTime) >= instant) return { value: new Date(lastSyncTime) };
      if (run.now > deadline)
        throw new StepFailed(
          'sync-overdue',
          `${name} has not synced since ${instant.toISOString()}; its last sync was ${lastSyncTime ?? 'never'}`,
        );
    }
    const because = `${name} is to sync after ${instant.toISOString()}`;
    return { seconds: pauseSeconds(run, stop, instant, tries - 1), because, next: 'looking' };
  });
}

/**
 * Seconds until the schedule's next sync after `instant`. Once a sync was missed, or where no schedule says when the
 * next one is, the pauses grow. A setting may fix the pace.
 */
function pauseSeconds(run: RunContext, { schedule }: SyncStop, instant: Date, missed: number): number {
  const { now, limits } = run;
  const untilInstant = Math.max(0, (instant.getTime() - now.getTime()) / 1000);
  if (limits.pullCheckRetrySeconds !== undefined) return untilInstant + limits.pullCheckRetrySeconds;
  if (missed > 0) return lookAgainSeconds(missed - 1);
  const next = nextSync(schedule, instant > now ? instant : now);
  if (!next) return untilInstant + lookAgainSeconds(missed);
  return (next.getTime() - now.getTime()) / 1000 + SYNC_SLACK_SECONDS;
}
