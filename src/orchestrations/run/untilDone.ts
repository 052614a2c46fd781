import type { Task } from 'durable-functions';
import { retryLater, type ReturnedOutcome, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import { backoffSeconds, repeat, type Try, type Waits } from './backoff.js';
import type { Cancellation } from './cancellation.js';
import { StepFailed, type Flow } from './flow.js';

/** What a call that is repeated needs of its run. */
export interface Tries extends Waits {
  readonly now: Date;
  readonly limits: FlowLimits;
  /** Ends the waits early. */
  readonly cancellation: Cancellation | undefined;
  secondsSince(start: Date): number;
}

/** How often one call may end by a throw. An activity catches its own errors, so that many are no accident. */
const MAX_CRASHES = 5;

const CRASHED = 'the activity ended unexpectedly; its log entry says why';

/**
 * Repeats a call until its outcome is done. Retries are the flow's, not the engine's: only a value can say what to do
 * (`retryLater`, `failed`) and how long the service asks to wait.
 *
 * @param make schedules the call anew for each try
 * @param activity name of the activity whose outcome it must be; absent for an entity's operation
 * @throws StepFailed with the outcome's code, `step-deadline` after `deadlineSeconds`, or `internal` after five crashes
 */
export function* untilDone<T>(
  run: Tries,
  make: () => Task,
  deadlineSeconds: number,
  activity: string | undefined,
): Flow<T> {
  const start = run.now;
  let crashes = 0;
  return yield* repeat<T>(run, function* (tries): Flow<Try<T>> {
    run.log.trying(tries);
    const outcome = yield* outcomeOf<T>(run, make(), activity);
    if (outcome.kind === 'done') return { value: outcome.value };
    if (outcome.kind === 'failed') throw new StepFailed(outcome.code, outcome.message);
    run.cancellation?.check();
    if (outcome.kind === 'crashed' && (crashes += 1) >= MAX_CRASHES) throw new StepFailed('internal', CRASHED);
    const because = outcome.kind === 'crashed' ? CRASHED : outcome.reason;
    const seconds = pauseSeconds(run, tries, outcome.kind === 'retryLater' ? outcome.afterSeconds : undefined);
    if (run.secondsSince(start) + seconds > deadlineSeconds)
      throw new StepFailed('step-deadline', `given up after ${deadlineSeconds} s; last: ${because}`);
    return { seconds, because };
  });
}

/**
 * The outcome of one call. The engine's text of a crash is not read: texts are for people, and may quote what they should not.
 * After the process died in the middle of a turn, the engine may hand over the result of a call that only the lost turn made: it
 * finds calls by their number alone (docs/decisions/0039-activities-that-come-late.md). Then the activity is called again.
 */
function* outcomeOf<T>(
  { cancellation }: Tries,
  task: Task,
  activity: string | undefined,
): Flow<StepOutcome<T> | { readonly kind: 'crashed' }> {
  cancellation?.check();
  try {
    if (cancellation) yield* cancellation.work(task);
    else yield task;
  } catch {
    return { kind: 'crashed' };
  }
  // The engine returns plain JSON, whose shape the caller's types name.
  if (task.isFaulted) return { kind: 'crashed' };
  const outcome = task.result as ReturnedOutcome<T> | undefined | null;
  if (typeof outcome?.kind !== 'string') return retryLater('the engine handed over a result of something else', 0);
  if (outcome.activity === undefined || outcome.activity === activity) return outcome;
  return retryLater(`the engine handed over a result of ${outcome.activity} in its place`, 0);
}

/** What the service asks for, and a second more since timers may be early; else doubling from the first to the longest pause. */
function pauseSeconds({ limits }: Tries, tries: number, afterSeconds: number | undefined): number {
  if (afterSeconds !== undefined) return afterSeconds + 1;
  return backoffSeconds({ first: limits.retryFirstSeconds, longest: limits.retryMaxSeconds }, tries);
}
