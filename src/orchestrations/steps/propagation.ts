import type { OrchestrationContext } from 'durable-functions';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import {
  lookAgainSeconds,
  nextSync,
  SYNC_SLACK_SECONDS,
  type SyncStop,
} from '@connected-registry/protocol/registry/syncSchedule';
import { later, StepFailed, type Flow } from '../run/flow.js';
import type { ProgressLog } from '../run/progressLog.js';
import type { StepRunner } from '../run/stepRunner.js';

/**
 * Waits until a password made now is known at the edge: first in the whole cloud registry, then by a sync of each
 * connected registry on the way, one after the other. The device is not asked before, so that an edge that is offline, or
 * syncs at night, costs no attempt. Ends by what the cloud says of the syncs, never by the clock alone.
 * @throws StepFailed `sync-overdue`
 */
export function* propagation(
  context: OrchestrationContext,
  registry: string,
  syncPath: readonly SyncStop[],
  runner: StepRunner,
  log: ProgressLog,
  limits: FlowLimits,
): Flow<void> {
  const deadline = later(context, limits.syncDeadlineSeconds);
  let since = later(context, limits.passwordReplicationSeconds);
  for (const stop of syncPath) since = yield* syncSince(stop, since);

  function* syncSince({ name, schedule }: SyncStop, instant: Date): Flow<Date> {
    for (let missed = 0; ; missed += 1) {
      const seconds = pauseSeconds(context, schedule, instant, missed, limits);
      log.waiting(
        `${name} is to sync after ${instant.toISOString()}; looking at ${later(context, seconds).toISOString()}`,
      );
      yield* runner.pause(seconds);
      const { lastSyncTime } = yield* runner.steps.readSync({ registry, connectedRegistry: name });
      if (lastSyncTime !== undefined && new Date(lastSyncTime) >= instant) return new Date(lastSyncTime);
      if (context.df.currentUtcDateTime > deadline)
        throw new StepFailed(
          'sync-overdue',
          `${name} has not synced since ${instant.toISOString()}; its last sync was ${lastSyncTime ?? 'never'}`,
        );
    }
  }
}

/**
 * Until the next sync by the schedule after `instant`; once that is missed, or where no schedule tells its time, in growing
 * steps. A setting may fix the pace.
 */
function pauseSeconds(
  context: OrchestrationContext,
  schedule: string | undefined,
  instant: Date,
  missed: number,
  limits: FlowLimits,
): number {
  const now = context.df.currentUtcDateTime;
  const untilInstant = Math.max(0, (instant.getTime() - now.getTime()) / 1000);
  if (limits.pullCheckRetrySeconds !== undefined) return untilInstant + limits.pullCheckRetrySeconds;
  const from = instant > now ? instant : now;
  const next = nextSync(schedule, from);
  if (missed > 0) return lookAgainSeconds(missed - 1);
  if (!next) return untilInstant + lookAgainSeconds(missed);
  return (next.getTime() - now.getTime()) / 1000 + SYNC_SLACK_SECONDS;
}
