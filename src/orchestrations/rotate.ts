import type { OrchestrationContext } from 'durable-functions';
import { WANTED_ENDS } from '../domain/operations/cancelEvent.js';
import type { ProblemCode } from '@connected-registry/protocol/answers/codes';
import { frozenUntil } from '../domain/schedules/freezeWindows.js';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { OperationOutcome, RotationResult } from '../domain/operations/operation.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { overlapSeconds, type RotationPlan } from '../domain/rotation/rotationPlan.js';
import type { RotationRun } from '../domain/operations/run.js';
import type { OldPassword } from '@connected-registry/protocol/names/secretTags';
import { ClientRecords } from './steps/clientRecord.js';
import { CredentialSteps } from './steps/credentialSteps.js';
import { later, StepFailed, type Flow } from './run/flow.js';
import { propagation } from './steps/propagation.js';
import { Refused } from './run/refused.js';
import { undoableParts, type UndoableParts } from './run/runParts.js';
import type { StepRunner } from './run/stepRunner.js';
import { undoFailure } from './run/undoFailure.js';

/** How long to try to tell operators of a failure; the operation says the same. */
const ALERT_SECONDS = 300;

/** How long to try to read whether sweeps come to the client: operators are not to wait for the alert where the vault is down. */
const SWEPT_SECONDS = 15;

/** Rotates one client's credential: the other slot is filled and proven before anybody is told to use it. */
export function* rotate(context: OrchestrationContext): Flow<OperationOutcome<RotationResult>> {
  const input = context.df.getInput<RotationRun>();
  const parts = undoableParts(context, input);
  const { log } = parts;
  const rotation = new Rotate(context, input, parts);
  try {
    const result = yield* rotation.go();
    return log.close({ status: 'completed', result });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const undone = yield* undoFailure(context, input, error, parts);
    const retry = WANTED_ENDS.includes(undone.code)
      ? {}
      : yield* planRetry(context, input, parts, error, rotation.freeAt);
    const failure = { ...undone, ...retry };
    return log.close({ status: failure.residue.length === 0 ? 'rolledBack' : 'failed', failure });
  }
}

/**
 * Has the sweep try again later, and operators know. Nothing is promised of a client that no sweep looks at.
 * @param freeAt until when the password before the present one keeps the slot (ISO 8601).
 */
function* planRetry(
  context: OrchestrationContext,
  input: RotationRun,
  { runner }: UndoableParts,
  error: StepFailed,
  freeAt: string | undefined,
): Flow<{ readonly nextTryAt?: string }> {
  const { code, message } = error;
  const swept = isSeenBySweeps(error) ? yield* sweptAgain(runner, input) : 'no';
  const at = nextTry(context, input, freeAt).toISOString();
  const retry = swept === 'yes' ? { nextTryAt: at } : {};
  const { urgent } = input.request;
  const operation = formatOperationId({ instance: context.df.instanceId, run: input.run });
  // Where nobody can tell, a sweep that does come waits as well; only nothing is promised.
  if (swept !== 'no') new ClientRecords(context, input).tell('retryRotation', { at });
  const alert = { operation, ...referenceOf(input.request), urgent, code, message, ...retry };
  yield* runner.bestEffort('alert', ALERT_SECONDS, (steps) => steps.alertRotationFailed(alert));
  return retry;
}

/** Whether a sweep will come to the client: not where the sweeps' timer is off, or the client has no enabled secret any more. */
function* sweptAgain(runner: StepRunner, { request, limits }: RotationRun): Flow<'yes' | 'no' | 'unknown'> {
  const seconds = Math.min(SWEPT_SECONDS, limits.stepDeadlineSeconds);
  try {
    const { isSwept } = yield* runner.uninterrupted(seconds).steps.isSwept({ reference: referenceOf(request) });
    return isSwept ? 'yes' : 'no';
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return 'unknown';
  }
}

/** A sweep goes by the enabled main secrets in the vault (queries/rotation/rotationSchedule.ts). */
function isSeenBySweeps(error: StepFailed): boolean {
  return !(error instanceof Refused) || !error.problems.some(({ code }) => NOT_SEEN.includes(code));
}

const NOT_SEEN: readonly ProblemCode[] = ['not-onboarded'];

/** Not while the slot is taken, nor in a freeze window. */
function nextTry(context: OrchestrationContext, { limits }: RotationRun, freeAt: string | undefined): Date {
  const soonest = later(context, limits.rotationRetrySeconds);
  const free = freeAt === undefined ? soonest : new Date(Math.max(soonest.getTime(), Date.parse(freeAt)));
  return frozenUntil(limits.freezeWindows ?? [], free) ?? free;
}

/** The forward way. One method a step, in the order in which they run. */
class Rotate {
  /** Until when the password before the present one keeps the slot (ISO 8601), as far as the plan knows. */
  freeAt: string | undefined;
  private readonly records: ClientRecords;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: RotationRun,
    private readonly parts: UndoableParts,
  ) {
    this.records = new ClientRecords(context, input);
  }

  *go(): Flow<RotationResult> {
    const plan = yield* this.plan();
    const credentials = this.credentialSteps(plan);
    this.undoOnFailure(plan, credentials);
    return yield* credentials.unlessLost((attempt) => this.renew(plan, credentials, attempt));
  }

  /** From here on the slot is fixed: nothing that is repeated chooses it anew. */
  private *plan(): Flow<RotationPlan> {
    const { records, input } = this;
    const { runner, log } = this.parts;
    const { urgent } = input.request;
    const note = (freeAt: string | undefined) => (this.freeAt = freeAt);
    log.enter('preflight');
    return yield* runner.step('preflight', function* () {
      const { clears, acknowledged } = yield* records.begin(runner);
      if (clears) throw new StepFailed('revoked', `the client was revoked at ${clears.revokedAt}`);
      const rotation = { ...referenceOf(input.request), urgent };
      const plan = yield* runner.steps.planRotation({
        rotation,
        ...(acknowledged === undefined ? {} : { acknowledged }),
      });
      note(plan.slotFreeAt);
      if (refusing(plan.problems).length > 0) throw new Refused(plan.problems);
      return plan;
    });
  }

  /** Fills the slot, has the device prove it, and promotes it. */
  private *renew(plan: RotationPlan, credentials: CredentialSteps, attempt: number): Flow<RotationResult> {
    const credential = yield* credentials.issue(plan.slot, attempt);
    yield* this.clearOtherSlot(plan);
    yield* this.awaitSync(plan);
    const proof = yield* credentials.pullCheck(credential, { credential, attempt });
    const replaces = () => this.oldPassword(plan);
    const { secret, pull, revokeOld } = yield* credentials.promote(credential, proof, attempt, replaces);
    this.records.tell('clearRotationDue', { at: this.input.requestedAt });
    yield* credentials.announce(secret);
    const { token } = plan;
    const { slot, expiresOn } = credential;
    return {
      token,
      connectedRegistry: this.input.request.connectedRegistry,
      secret: { ...secret, slot, expiresOn },
      pull,
      ...(revokeOld ? { revokes: { slot: revokeOld.slot, from: revokeOld.from } } : {}),
    };
  }

  private credentialSteps(plan: RotationPlan): CredentialSteps {
    const { context, input, parts } = this;
    const reference = referenceOf(input.request);
    const order = { ...plan, reference, acknowledgeSeconds: overlapSeconds(plan, input.limits) };
    return new CredentialSteps(context, input, order, parts, () => this.unbound(plan.token));
  }

  /** What somebody unbinds stays unbound; a list that is only slow to be told is asked about again. */
  private *unbound(token: string): Flow<void> {
    const { registry, connectedRegistry } = this.input.request;
    const { bound } = yield* this.parts.runner.steps.checkBinding({ registry, connectedRegistry, token });
    if (!bound) throw new StepFailed('unbound', `token ${token} was taken off ${connectedRegistry} meanwhile`);
  }

  /**
   * The credential in use is never touched, so a failure takes the candidate back and that is all. An urgent rotation
   * replaces it on purpose: from then on the candidate holds what works, and stays.
   */
  private undoOnFailure(plan: RotationPlan, credentials: CredentialSteps): void {
    const { saga } = this.parts;
    if (this.input.request.urgent) {
      const { token, slot, earlierPassword } = plan;
      const earlier = earlierPassword === undefined ? {} : { earlier: earlierPassword };
      const order = { reference: referenceOf(this.input.request), run: this.input.run, token, slot, ...earlier };
      saga.onFailure('keepCandidate', ({ steps }) => steps.keepCandidate(order));
      return;
    }
    credentials.clearSlotOnFailure({ ...plan, wasLive: false });
    credentials.retireOnFailure();
  }

  /** Urgent: what the other slot holds ends with the same sync. */
  private *clearOtherSlot({ clears, token }: RotationPlan): Flow<void> {
    const { runner } = this.parts;
    if (clears === undefined) return;
    const { run, request } = this.input;
    const order = { reference: referenceOf(request), run, token, slot: clears, wasLive: false };
    yield* runner.step('clearOtherSlot', () => runner.steps.clearSlot(order));
  }

  private *awaitSync({ syncPath }: RotationPlan): Flow<void> {
    const { runner, log } = this.parts;
    const { request, limits } = this.input;
    log.enter('sync');
    yield* runner.step('awaitSync', () => propagation(this.context, request.registry, syncPath, runner, log, limits));
  }

  /** The sweep revokes it, so that nothing has to wait through the overlap. */
  private oldPassword(plan: RotationPlan): OldPassword | undefined {
    const { live, stillToGo } = plan;
    if (!live || live.slot === plan.slot) return stillToGo;
    return { ...live, from: later(this.context, overlapSeconds(plan, this.input.limits)).toISOString() };
  }
}
