import { EntityId } from 'durable-functions';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { Run } from '../../domain/operations/run.js';
import { decidedAfter } from '../../domain/times/decidedAfter.js';
import type { PlannedPoller } from '../../domain/polling/plannedPoller.js';
import { POLLER_INDEX, type PollerIndexOperation } from '../../domain/polling/pollerIndex.js';
import type { Flow } from '../run/flow.js';
import type { Compensation, RunContext } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';

/**
 * Sets the client's poller before anything else is made: the pull check reaches the device by it, and proves that it
 * polls. A request that changes no poller has no such step.
 */
export function* setPoller(run: RunContext<Run>, planned: PlannedPoller | undefined): Flow<void> {
  if (!planned) return;
  const { objectId, decidedAt } = planned;
  const client = referenceOf(run.input.request);
  const at = decidedAfter(decidedAt, run.now.toISOString());
  yield* run.step(
    'setPoller',
    function* () {
      yield* new ClientRecords(run).setPoller({ objectId, client, at }, decidedAt === undefined ? {} : { decidedAt });
      // The record signals the index, too; asked here, it says whether the poller may have one client more.
      const operation: PollerIndexOperation = 'add';
      const index = new EntityId(POLLER_INDEX, objectId);
      yield* run.callEntity(index, operation, { client, since: at }, run.limits.stepDeadlineSeconds);
    },
    [restoring(planned, at)],
  );
}

/**
 * A revocation has ended the poller, so that a revoked client gets none back.
 * @param setAt when it was set (ISO 8601)
 */
function restoring({ objectId, former }: PlannedPoller, setAt: string): Compensation {
  return {
    name: 'restorePoller',
    *undo(run) {
      const client = referenceOf(run.input.request);
      const at = run.now.toISOString();
      const before = former === undefined ? {} : { former };
      yield* new ClientRecords(run).call('undoPoller', { objectId, client, setAt, at, ...before });
      return {};
    },
  };
}
