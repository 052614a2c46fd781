import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { EndingSecrets, GrantedSecrets, WithdrawnGrants } from '../../domain/access/heldAccess.js';
import type { PlannedAccess } from '../../domain/access/plannedAccess.js';
import { remainingTexts, type WithdrawnAccess } from '../../domain/access/withdrawnAccess.js';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Run } from '../../domain/operations/run.js';
import type { Flow } from '../run/flow.js';
import type { Compensation, RunContext, Undo } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';

/**
 * How long, in seconds, a device may be unable to read its secret after it was given the right: ten minutes are
 * published, and half as much again is for the device's own attempts. Source: Azure docs,
 * role-based-access-control/troubleshooting.
 */
export const EFFECTIVE_WITHIN_SECONDS = 900;

/** The steps of an onboarding that decide who may read the client's secrets. A request without an identity has none. */
export class ReadAccessSteps {
  constructor(
    private readonly run: RunContext<Run>,
    private readonly planned: PlannedAccess | undefined,
  ) {}

  /**
   * Lets the device read its secrets, before it is asked to pull: an assignment takes up to ten minutes to be
   * effective.
   */
  *grant(): Flow<void> {
    const { run, planned } = this;
    if (!planned || planned.missing.length === 0) return;
    const { principalId, vault, missing: made } = planned;
    const grant = { principalId, vault, made, run: run.id };
    yield* run.step(
      'grantAccess',
      function* () {
        yield* new ClientRecords(run).call('noteGrant', grant);
        yield* give(run, planned, {});
      },
      [undoGranting(grant)],
    );
  }

  /** After success: the client has this identity, and what this app gave others before is taken from them. */
  *complete(): Flow<void> {
    const { run, planned } = this;
    if (!planned) return;
    const { principalId, principalType, vault, missing, former, isRecorded } = planned;
    if (isRecorded && missing.length === 0 && former.length === 0) return;
    // A removal of an earlier run whose process stood still may have taken one again.
    if (missing.length > 0)
      yield* run.bestEffort('confirmAccess', run.limits.undoDeadlineSeconds, (within) =>
        give(within, planned, { onlyLacking: true }),
      );
    const uninterrupted = run.uninterrupted();
    const identity = { principalId, principalType };
    yield* new ClientRecords(uninterrupted).call('completeGrant', { run: run.id, identity, vault });
    if (former.length === 0) return;
    // What remains stays in the record: a check reports it, and the client's next run, revocation or offboarding
    // removes it.
    yield* run.bestEffort('removeFormerAccess', run.limits.undoDeadlineSeconds, withdrawn);
  }
}

/** Makes what the plan lacks. What others made in the meantime is not this app's. */
function* give(
  run: RunContext<Run>,
  { principalId, principalType, vault, missing: secrets }: PlannedAccess,
  how: { readonly onlyLacking?: true },
): Flow<void> {
  const reference = referenceOf(run.input.request);
  const order = { reference, run: run.id, vault, secrets, principalId, principalType, ...how };
  const { foreign } = yield* run.activities.grantAccess(order);
  if (foreign.length > 0) yield* new ClientRecords(run).call('disownGrant', { principalId, vault, made: foreign });
}

/** Deletes the assignments that the client's record marks for removal, and has the record forget them. */
export function* withdrawn(run: RunContext<Run>): Flow<WithdrawnAccess> {
  const found = yield* run.activities.withdrawAccess({ reference: referenceOf(run.input.request) });
  const grants = withdrawnGrants(found);
  if (grants.removed.length + grants.unreached.length > 0) yield* new ClientRecords(run).call('dropGrants', grants);
  return found;
}

/** What the record is to forget after a removal: what is gone, and likewise what others made. */
export function withdrawnGrants({ removed, foreign, unreached }: WithdrawnAccess): WithdrawnGrants {
  const named = (grants: readonly EndingSecrets[]) =>
    grants.map(({ principalId, vault, run }) => ({ principalId, vault, run }));
  return { removed: named([...removed, ...foreign]), unreached: named(unreached) };
}

/** Also for a revoked client: its revocation takes this access away, and may have come before the action. */
function undoGranting(grant: GrantedSecrets & { readonly run: string }): Compensation {
  const undo: Undo = function* (run) {
    yield* new ClientRecords(run).call('undoGrant', grant);
    const { foreign, unreached } = yield* withdrawn(run);
    // What remains of earlier runs is not this run's to tell.
    const ofRun = <Grant extends GrantedSecrets>(grants: readonly Grant[]): Grant[] =>
      grants.filter((one) => one.principalId === grant.principalId && sameName(one.vault, grant.vault));
    const kept = remainingTexts({ foreign: ofRun(foreign), unreached: [] });
    const residue = remainingTexts({ foreign: [], unreached: ofRun(unreached) });
    return {
      ...(kept.length > 0 ? { kept: kept.join('; ') } : {}),
      ...(residue.length > 0 ? { residue: residue.join('; ') } : {}),
    };
  };
  return { name: 'withdrawAccess', undo, whenRevoked: undo };
}
