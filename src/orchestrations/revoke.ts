import type { OrchestrationContext } from 'durable-functions';
import type { FoundRun } from '../activities/runs/presentRun.js';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { Marked } from '../domain/clients/clientRecord.js';
import type { OperationOutcome, RevocationResult } from '../domain/operations/operation.js';
import type { Run } from '../domain/operations/run.js';
import { Attempts } from './run/attempts.js';
import { StepFailed, type Flow } from './run/flow.js';
import type { End } from './run/progressLog.js';
import { beginRun, type RunContext } from './run/runContext.js';
import { ClientRecords } from './steps/clientRecord.js';
import { DisableAccess, type Disabled } from './steps/disableAccess.js';
import { edgeOf } from './steps/edgeOfRevocation.js';
import { clientUnknown } from './steps/unknownClient.js';

/**
 * Cuts a client off now, as for a stolen device. It runs beside whatever run holds the client: it marks the client, so
 * that no earlier run may begin or undo, disables what there is, has the run in progress end, and then looks again for
 * what that run, or a request of a process that died, enabled in the meantime. Everything is kept for inspection.
 */
export function* revoke(context: OrchestrationContext): Flow<OperationOutcome<RevocationResult>> {
  const { request } = context.df.getInput<Run>();
  const run = beginRun<Run>(context, { instance: clientKey(request), priority: 'revocation' });
  try {
    return run.log.close(yield* revokeClient(run));
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const residue = ['unknown: the client could not be marked as revoked; send the same request again'];
    return run.log.close({ status: 'failed', failure: { ...error.toFailure(residue), disabled: [] } });
  }
}

function* revokeClient(run: RunContext<Run>): Flow<End<RevocationResult>> {
  const attempts = new Attempts(run);
  const records = new ClientRecords(run);
  const marked = yield* run.step('mark', () => records.revoke(until(run)));
  const access = new DisableAccess(run, attempts, marked);

  const found = yield* attempts.step('disable', 'what the client has', () => access.disableAll());
  records.notify('endDisabling', {});
  if (found && !found.isThere && !marked.isKnown && !isHeld(found)) return yield* unknown(run);
  if (!found || isAtWork(found)) {
    yield* attempts.step('endRun', 'the run in progress', () => endRun(run, marked));
    yield* attempts.step('disableAgain', 'what the run in progress left', () => disableAgain(run, access, marked));
    // A request of a process that died may still be on its way.
    yield* run.pause(run.limits.retryMaxSeconds);
    yield* attempts.step('disableAgain', 'what came late', () => disableAgain(run, access, marked));
  }

  access.forgetWithdrawn();
  const { kept } = access;
  // A device's key lets it in here, and not at the edge.
  const hadAccess = found === undefined || found.isThere || access.disabled.length > 0;
  const disabled = [...(marked.ended ?? []), ...access.disabled];
  const result: RevocationResult = {
    revokedAt: marked.firstRevokedAt ?? marked.revokedAt,
    ...run.placeInResult,
    disabled,
    changed: disabled.length > 0,
    ...(kept.length > 0 ? { kept } : {}),
    edge: yield* edgeOf(run, hadAccess),
  };
  return attempts.outcome(result, access.rest, kept, disabled);
}

/** How many steps, each with a deadline of its own, disable what a client has. */
const DISABLING_STEPS = 5;

/** Until when a run that clears the revocation waits for its writes, should this flow be lost (ISO 8601). */
function until(run: RunContext): string {
  return run.later(DISABLING_STEPS * run.limits.stepDeadlineSeconds).toISOString();
}

/** No such client is known, so the device that is to be cut off has another name, and can still pull. */
function* unknown(run: RunContext<Run>): Flow<End<RevocationResult>> {
  const error = yield* clientUnknown(run, 'Nothing was disabled.');
  return { status: 'failed', failure: { ...error.toFailure(), disabled: [] } };
}

function* endRun(run: RunContext<Run>, { revokedAt }: Marked): Flow<void> {
  const { stepDeadlineSeconds, bindDeadlineSeconds, undoDeadlineSeconds } = run.limits;
  const longest = bindDeadlineSeconds + 2 * (stepDeadlineSeconds + undoDeadlineSeconds);
  const { activities } = run.uninterrupted(longest);
  yield* activities.endRun({ reference: referenceOf(run.input.request), revokedAt, actor: run.input.actor });
}

/**
 * Looks again, unless an onboarding that was requested after the revocation is at work, or has cleared the revocation:
 * then the token is that onboarding's.
 */
function* disableAgain(run: RunContext<Run>, access: DisableAccess, { revokedAt }: Marked): Flow<void> {
  const records = new ClientRecords(run);
  const { stands } = yield* records.call('beginDisabling', { revokedAt, until: until(run) });
  if (!stands) return;
  try {
    yield* access.disableUnlessCleared();
  } finally {
    records.notify('endDisabling', {});
  }
}

/** Whether a run of the client is in progress. */
function isHeld({ present }: Disabled): boolean {
  return present !== undefined && !present.hasEnded;
}

/** Whether a run that began before the revocation has not ended. */
function isAtWork({ present }: { readonly present?: FoundRun }): boolean {
  return present !== undefined && !present.hasEnded && !present.isLater;
}
