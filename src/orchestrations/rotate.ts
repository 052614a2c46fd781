import type { OrchestrationContext } from 'durable-functions';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { OldPassword } from '@connected-registry/protocol/names/secretTags';
import type { OperationOutcome, RotationResult } from '../domain/operations/operation.js';
import type { RotationRun } from '../domain/operations/run.js';
import { overlapSeconds, type RotationPlan } from '../domain/rotation/rotationPlan.js';
import { completeOrUndo } from './run/completeOrUndo.js';
import { StepFailed, type Flow } from './run/flow.js';
import { PreflightRefused } from './run/refused.js';
import { beginRun, type Compensation, type RunContext } from './run/runContext.js';
import { awaitSync } from './steps/awaitSync.js';
import { ClientRecords } from './steps/clientRecord.js';
import { Credentials } from './steps/credentials.js';
import { DeviceAddress } from './steps/deviceAddress.js';
import { channelOfRun } from './steps/deviceChannel.js';
import { planRetry } from './steps/rotationRetry.js';

type RotationContext = RunContext<RotationRun>;

interface PlannedRotation {
  readonly plan: RotationPlan;
  /** How the device is reached. */
  readonly address: DeviceAddress;
}

/**
 * What the retry of a failed rotation depends on. The retry is registered before the step that plans, which fills this
 * in: also a plan that is refused says when the next rotation can succeed.
 */
interface RetryFacts {
  /** When a slot becomes free (ISO 8601); undefined while nothing is planned, or if no slot has to become free. */
  slotFreeAt?: string | undefined;
}

/** Rotates one client's credential: the other slot is filled and proven before anyone is notified to use it. */
export function* rotate(context: OrchestrationContext): Flow<OperationOutcome<RotationResult>> {
  const run = beginRun<RotationRun>(context, { isCancellable: true });
  return yield* completeOrUndo(run, () => rotateClient(run));
}

function* rotateClient(run: RotationContext): Flow<RotationResult> {
  const { urgent } = run.input.request;
  const planned = yield* preflight(run);
  const { plan } = planned;
  const credentials = credentialsOf(run, planned);
  const undo = urgent ? [keepCandidate(run, plan)] : undoIssue(credentials, plan);

  return yield* credentials.unlessLost(function* (attempt) {
    const issued = yield* credentials.issue(plan.slot, attempt, attempt === 1 ? undo : []);
    if (plan.clears !== undefined) yield* run.step('clearOtherSlot', () => clearOtherSlot(run, plan));
    yield* run.step('awaitSync', () => awaitSync(run, plan.syncPath));
    const proof = yield* credentials.prove(issued, { credential: issued, attempt });
    const promotion = yield* credentials.promote(issued, proof, attempt, () => oldPassword(run, plan));
    // Of a rollout also marks that were set while the row waited: this rotation is what they ask for.
    new ClientRecords(run).notify('clearRotationDue', { at: run.input.rowStartedAt ?? run.input.requestedAt });
    yield* credentials.announce(promotion.secret);

    const { secret, pull, revokeOld } = promotion;
    const { slot, expiresOn } = issued;
    return {
      token: plan.token,
      connectedRegistry: run.input.request.connectedRegistry,
      ...run.placeInResult,
      secret: { ...secret, slot, expiresOn },
      pull,
      ...(revokeOld ? { revokes: { slot: revokeOld.slot, from: revokeOld.from } } : {}),
    };
  });
}

/**
 * Checks that the run may start, and plans it. The plan fixes the slot: no repetition of a step chooses another one.
 */
function* preflight(run: RotationContext): Flow<PlannedRotation> {
  const rotation = { ...referenceOf(run.input.request), urgent: run.input.request.urgent };
  const retry: RetryFacts = {};
  run.afterUndo((failure, error) => planRetry(run, failure, error, retry.slotFreeAt));
  return yield* run.step('preflight', function* () {
    const { clears, acknowledged, hasJoined, hub, poller } = yield* new ClientRecords(run).begin();
    if (clears) throw new StepFailed('revoked', `the client was revoked at ${clears.revokedAt}`);
    const reported = acknowledged === undefined ? {} : { acknowledged };
    const plan = yield* run.activities.planRotation({ rotation, ...reported });
    retry.slotFreeAt = plan.slotFreeAt;
    if (refusing(plan.problems).length > 0) throw new PreflightRefused(plan.problems);
    const asks = hasJoined === true || poller?.current !== undefined;
    const address = new DeviceAddress(run, channelOfRun(run.input, { asks, hub }));
    yield* address.readEarly();
    return { plan, address };
  });
}

function credentialsOf(run: RotationContext, { plan, address }: PlannedRotation): Credentials {
  const reference = referenceOf(run.input.request);
  const order = { ...plan, reference, address, acknowledgeSeconds: overlapSeconds(plan, run.limits) };
  return new Credentials(run, order, () => requireBinding(run, plan.token));
}

/**
 * Ends the run if the token is no longer in the client list: a rotation never binds again what somebody has unbound.
 */
function* requireBinding(run: RotationContext, token: string): Flow<void> {
  const { registry, connectedRegistry } = run.input.request;
  const { bound } = yield* run.activities.checkBinding({ registry, connectedRegistry, token });
  if (!bound) throw new StepFailed('unbound', `token ${token} was unbound from ${connectedRegistry} in the meantime`);
}

/** The credential in use is never touched, so a failure takes the candidate back, and nothing else. */
function undoIssue(credentials: Credentials, plan: RotationPlan): Compensation[] {
  return [credentials.undoSlot({ ...plan, wasLive: false }), ...credentials.undoIssue()];
}

/**
 * An urgent rotation replaces the password in use on purpose: from then on the candidate holds what works, and stays.
 */
function keepCandidate(run: RotationContext, { token, slot, earlierPassword }: RotationPlan): Compensation {
  const earlier = earlierPassword === undefined ? {} : { earlier: earlierPassword };
  const order = { reference: referenceOf(run.input.request), run: run.id, token, slot, ...earlier };
  return { name: 'keepCandidate', undo: ({ activities }) => activities.keepCandidate(order) };
}

/** Of an urgent rotation: the other slot's password ends with the same sync. */
function* clearOtherSlot(run: RotationContext, { clears, token }: RotationPlan): Flow<void> {
  if (clears === undefined) return;
  const reference = referenceOf(run.input.request);
  yield* run.activities.clearSlot({ reference, run: run.id, token, slot: clears, wasLive: false });
}

/**
 * The password that this rotation replaces, and when it may go. The sweep revokes it, so that no run waits for the
 * overlap.
 */
function oldPassword(run: RotationContext, plan: RotationPlan): OldPassword | undefined {
  const { live, olderPassword } = plan;
  if (!live || live.slot === plan.slot) return olderPassword;
  return { ...live, from: run.later(overlapSeconds(plan, run.limits)).toISOString() };
}
