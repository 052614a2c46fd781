import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { nextSync } from '@connected-registry/protocol/registry/syncSchedule';
import type { RevocationResult } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import { orUndefined, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/**
 * What a revocation's result says of the edge, which refuses the client from its next sync on. When the sync's facts
 * cannot be read, the result says so: that is no failure of the revocation.
 *
 * @param hadAccess whether anything of the client was there; else there is nothing that the cloud could refuse
 */
export function* edgeOf(run: RunContext<Run>, hadAccess: boolean): Flow<RevocationResult['edge']> {
  const { registry, connectedRegistry } = referenceOf(run.input.request);
  const sync = yield* orUndefined(() => run.activities.readSync({ registry, connectedRegistry }));
  const message = hadAccess
    ? `the cloud refuses the client from now on, ${connectedRegistry} from its next sync on`
    : 'nothing was found that gives the client access; it is marked as revoked, and no earlier run gives it any';
  const unscheduled = hadAccess
    ? `${message}; the time of that sync is unknown, since its sync schedule could not be read`
    : message;
  if (!sync) return { connectedRegistry, message: unscheduled };
  const { schedule, lastSyncTime } = sync;
  const nextSyncTime = nextSync(schedule, run.now)?.toISOString();
  return {
    connectedRegistry,
    ...(schedule === undefined ? {} : { schedule }),
    ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
    ...(nextSyncTime === undefined ? { message: unscheduled } : { nextSyncTime, message }),
  };
}
