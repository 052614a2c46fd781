import type { Task } from 'durable-functions';
import { retryLater, type ReturnedOutcome, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import { backoffSeconds, repeat, type Pause, type Try, type Waits } from './backoff.js';
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

/** Maximum seconds that one call waits for its turn at busy services, all waits together. */
const MAX_TURN_SECONDS = 24 * 3600;

/** After this many waits of one call, each is at least as long as a step's pause between two tries. */
const FREE_TURN_WAITS = 10;

const CRASHED = 'the activity ended unexpectedly; its log entry says why';

/**
 * Repeats a call until its outcome is done. Retries are the flow's, not the engine's: only a value can say what to do
 * (`retryLater`, `failed`) and how long the service asks to wait.
 *
 * @param make schedules the call anew for each try
 * @param activity name of the activity whose outcome it must be; absent for an entity's operation
 * @throws StepFailed with the outcome's code, `step-deadline` after `deadlineSeconds` or a day of waits for its turn,
 * or `internal` after five crashes
 */
export function* untilDone<T>(
  run: Tries,
  make: () => Task,
  deadlineSeconds: number,
  activity: string | undefined,
): Flow<T> {
  const start = run.now;
  const turns = new TurnWaits(run);
  let crashes = 0;
  return yield* repeat<T>(run, function* (calls): Flow<Try<T>> {
    turns.resume();
    // A call that was only given a time has tried nothing.
    const tries = calls - turns.count;
    run.log.trying(tries);
    const outcome = yield* outcomeOf<T>(run, make(), activity);
    if (outcome.kind === 'done') return { value: outcome.value };
    if (outcome.kind === 'failed') throw new StepFailed(outcome.code, outcome.message);
    run.cancellation?.check();
    if (outcome.kind === 'crashed' && (crashes += 1) >= MAX_CRASHES) throw new StepFailed('internal', CRASHED);
    const because = outcome.kind === 'crashed' ? CRASHED : outcome.reason;
    const isTurn = outcome.kind === 'retryLater' && outcome.turn === true;
    if (isTurn && outcome.afterSeconds !== undefined) return turns.pause(outcome.afterSeconds, because);
    const seconds = pauseSeconds(run, tries, outcome.kind === 'retryLater' ? outcome.afterSeconds : undefined);
    if (isTurn) return turns.pause(seconds, because);
    if (run.secondsSince(start) - turns.seconds + seconds > deadlineSeconds)
      throw new StepFailed('step-deadline', `given up after ${deadlineSeconds} s; last: ${because}`);
    return { seconds, because };
  });
}

/** Counts the waits of one call for its turn. They do not count against the step's deadline. */
class TurnWaits {
  /** Number of waits. */
  count = 0;
  /** All waits together, in seconds. */
  seconds = 0;
  private since: Date | undefined;

  constructor(private readonly run: Tries) {}

  /**
   * Waits this long, and longer when that was often not enough, since each wait adds to the run's history.
   * @throws StepFailed after a day of waits
   */
  pause(afterSeconds: number, because: string): Pause {
    const { retryFirstSeconds: first, retryMaxSeconds: longest } = this.run.limits;
    const least =
      this.count < FREE_TURN_WAITS ? 1 : backoffSeconds({ first, longest }, this.count - FREE_TURN_WAITS + 1);
    const seconds = Math.max(least, afterSeconds);
    if (this.seconds + seconds > MAX_TURN_SECONDS)
      throw new StepFailed('step-deadline', `given up after a day of waiting for a busy service; last: ${because}`);
    this.count += 1;
    this.since = this.run.now;
    return { seconds, because };
  }

  /** Notes that a wait is over. */
  resume(): void {
    if (this.since) this.seconds += this.run.secondsSince(this.since);
    this.since = undefined;
  }
}

/**
 * The outcome of one call. The engine's text of a crash is not read: texts are for people, and may quote what they
 * should not. After the process died in the middle of a turn, the engine may hand over the result of a call that only
 * the lost turn made: it finds calls by their number alone (docs/decisions/0039-late-activities.md). Then the activity
 * is called again.
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

/**
 * What the service asks for, and a second more since timers may be early; else doubling from the first to the longest
 * pause.
 */
function pauseSeconds({ limits }: Tries, tries: number, afterSeconds: number | undefined): number {
  if (afterSeconds !== undefined) return afterSeconds + 1;
  return backoffSeconds({ first: limits.retryFirstSeconds, longest: limits.retryMaxSeconds }, tries);
}
