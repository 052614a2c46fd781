import type { ProblemCode } from '@connected-registry/protocol/answers/codes';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { DELIBERATE_STOPS } from '../../domain/operations/cancelEvent.js';
import type { OperationFailure } from '../../domain/operations/operation.js';
import type { RotationRun } from '../../domain/operations/run.js';
import { frozenUntil } from '../../domain/schedules/freezeWindows.js';
import { orUndefined, type Flow, type StepFailed } from '../run/flow.js';
import { PreflightRefused } from '../run/refused.js';
import type { RunContext } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';

/** How long, in seconds, to try to alert operators of a failure; the operation shows the failure, too. */
const ALERT_SECONDS = 300;

/**
 * How long, in seconds, to try to read whether sweeps see the client: the alert must not wait where the vault is down.
 */
const SWEPT_SECONDS = 15;

/**
 * Problems of a client that no sweep sees: it has no enabled main secret in the vault
 * (queries/rotation/rotationSchedule.ts).
 */
const NOT_SEEN: readonly ProblemCode[] = ['not-onboarded'];

/**
 * After a rotation failed: has a sweep try again later, and alerts operators. No retry is promised for a client that no
 * sweep sees, and nothing follows a run that somebody ended on purpose.
 *
 * @param slotFreeAt until when the password before the present one keeps the slot (ISO 8601)
 * @returns `nextTryAt` (ISO 8601) for the failure, when a sweep will try again
 */
export function* planRetry(
  run: RunContext<RotationRun>,
  undone: OperationFailure,
  error: StepFailed,
  slotFreeAt: string | undefined,
): Flow<{ readonly nextTryAt?: string }> {
  if (DELIBERATE_STOPS.includes(undone.code)) return {};
  const { code, message } = error;
  const { urgent } = run.input.request;
  const swept = isSeenBySweeps(error) ? yield* isSwept(run) : 'no';
  const at = nextTry(run, slotFreeAt).toISOString();
  const retry = swept === 'yes' ? { nextTryAt: at } : {};
  // When it is unknown, a sweep that does come waits as well; only no retry is promised.
  if (swept !== 'no') new ClientRecords(run).notify('retryRotation', { at });
  const alert = { operation: run.operation, ...referenceOf(run.input.request), urgent, code, message, ...retry };
  yield* run.bestEffort('alert', ALERT_SECONDS, ({ activities }) => activities.alertRotationFailed(alert));
  return retry;
}

/** Whether sweeps see the client: not when the sweeps' timer is off, or the client has no enabled secret any more. */
function* isSwept(run: RunContext<RotationRun>): Flow<'yes' | 'no' | 'unknown'> {
  // The client's record has not said where its secrets are.
  if (run.place === undefined) return 'unknown';
  const { activities } = run.uninterrupted(Math.min(SWEPT_SECONDS, run.limits.stepDeadlineSeconds));
  const answer = yield* orUndefined(() => activities.isSwept({ reference: referenceOf(run.input.request) }));
  if (!answer) return 'unknown';
  return answer.isSwept ? 'yes' : 'no';
}

function isSeenBySweeps(error: StepFailed): boolean {
  return !(error instanceof PreflightRefused) || !error.problems.some(({ code }) => NOT_SEEN.includes(code));
}

/** When the next try may begin: not while the slot is taken, nor in a freeze window. */
function nextTry(run: RunContext<RotationRun>, slotFreeAt: string | undefined): Date {
  const soonest = run.later(run.limits.rotationRetrySeconds);
  const free = slotFreeAt === undefined ? soonest : new Date(Math.max(soonest.getTime(), Date.parse(slotFreeAt)));
  return frozenUntil(run.limits.freezeWindows ?? [], free) ?? free;
}
