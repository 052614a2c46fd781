import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { frozenUntil } from '../../domain/schedules/freezeWindows.js';
import type { RotationPolicy } from '../../domain/rotation/rotationPolicy.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { firstDue, type DueRevocation, type DueRotation } from '../../domain/rotation/sweep.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Runs } from '../../ports/runs.js';
import type { RotationSchedule, ScheduledClient } from '../../queries/rotation/rotationSchedule.js';

interface FindDueRotationsInput {
  readonly policy: RotationPolicy;
  /** Maximum due rotations to return: those with the earliest deadlines. */
  readonly max: number;
  readonly continuation?: string;
}

interface FoundDue {
  readonly rotations: readonly DueRotation[];
  readonly revocations: readonly DueRevocation[];
  readonly deferred: number;
  readonly continuation?: string;
}

/** Pages that one call reads. A large vault takes several calls, so that calls stay short and results small. */
const PAGES = 20;

/** Searches a part of the vault for rotations and revocations that are due now. */
export function findDueRotations(schedule: RotationSchedule) {
  return ({ policy, max, continuation }: FindDueRotationsInput, runs: Runs): Promise<StepOutcome<FoundDue>> =>
    outcomeOf(async () => {
      const clients: ScheduledClient[] = [];
      let next = continuation;
      for (let pages = 1; ; pages += 1) {
        const page = await schedule(policy, (client) => runs.record(clientKey(client)), next);
        clients.push(...page.clients);
        next = page.continuation;
        if (next === undefined || pages >= PAGES) break;
      }
      const due = clients.flatMap(({ reference, deadline, state }) =>
        state.kind === 'due' ? [{ ...reference, deadline: deadline.toISOString() }] : [],
      );
      return done({
        rotations: firstDue(due, max),
        revocations: dueRevocations(clients, policy, new Date()),
        deferred: clients.filter(({ state }) => state.kind === 'deferred').length,
        ...(next === undefined ? {} : { continuation: next }),
      });
    });
}

/** A listing does not show secret versions, so the revocation itself compares the acknowledged version. */
function dueRevocations(clients: readonly ScheduledClient[], policy: RotationPolicy, now: Date): DueRevocation[] {
  if (frozenUntil(policy.freezeWindows, now)) return [];
  return clients.flatMap(({ reference, vaultHost, tags: { revokeOld }, record: { acknowledged } }) => {
    if (!revokeOld || (acknowledged === undefined && new Date(revokeOld.from) > now)) return [];
    return [{ ...reference, vaultHost, ...(acknowledged === undefined ? {} : { acknowledged }) }];
  });
}
