import type { OrchestrationContext, Task } from 'durable-functions';
import type { Activities } from '../../activities/activities.js';
import type { RunActivities } from '../../activities/runs/runActivities.js';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import {
  retryLater,
  type DoneValue,
  type ReturnedOutcome,
  type StepOutcome,
} from '../../domain/operations/stepOutcome.js';
import type { Cancellation } from './cancellation.js';
import { durableWait } from './durableWait.js';
import { later, secondsSince, StepFailed, type Flow } from './flow.js';
import type { ProgressLog } from './progressLog.js';

/** Activities as the flow calls them: typed input, and the value of a `done` outcome. */
export type Steps = {
  readonly [Name in keyof AllActivities]: (
    input: Parameters<AllActivities[Name]>[0],
  ) => Flow<DoneValue<Awaited<ReturnType<AllActivities[Name]>>>>;
};
type AllActivities = Activities & RunActivities;

export interface RunnerOptions {
  /** Whom the audit names for what activities do. */
  readonly by: WorksFor['by'];
  /** How long one step is tried, in seconds. */
  readonly deadlineSeconds: number;
  /** Ends waits early when the run is cancelled. */
  readonly cancellation?: Cancellation;
}

/** An activity that throws did not even reach its own error handling; so often is no accident. */
const MAX_CRASHES = 5;

/**
 * The step helper: turns outcomes into durable-timer retries with backoff, up to a deadline. Retries are ours, not the
 * engine's: only a value can say what to do (`retryLater`, `failed`) and how long the service asks to wait.
 */
export class StepRunner {
  /** `yield* runner.steps.ensureToken(...)` calls the activity of that name until it is done. */
  readonly steps: Steps;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly limits: FlowLimits,
    private readonly log: ProgressLog,
    private readonly options: RunnerOptions,
  ) {
    const { by, deadlineSeconds } = options;
    const call = (name: string) => (input: object) =>
      this.untilDone(() => this.context.df.callActivity(name, { ...input, by }), deadlineSeconds, name);
    // Each property is a call of the activity of that very name, so the type above holds by construction.
    this.steps = new Proxy({}, { get: (_, name) => call(String(name)) }) as Steps;
  }

  /** The same, but no cancel ends its waits: for undoing, and for what must not be done by half. */
  uninterrupted(deadlineSeconds = this.options.deadlineSeconds): StepRunner {
    return new StepRunner(this.context, this.limits, this.log, { by: this.options.by, deadlineSeconds });
  }

  /** The same, but a step is tried for another time, in seconds. */
  within(deadlineSeconds: number): StepRunner {
    return new StepRunner(this.context, this.limits, this.log, { ...this.options, deadlineSeconds });
  }

  /** A named step of the operation, as callers see it. */
  *step<T>(name: string, body: () => Flow<T>): Flow<T> {
    this.log.begin(name);
    try {
      const value = yield* body();
      this.log.end('completed');
      return value;
    } catch (error) {
      // The engine's text, or that of a fault of our own, is left alone.
      this.log.end('failed', error instanceof StepFailed ? error.message : undefined);
      throw error;
    }
  }

  /** A named step that is tried for so many seconds, whatever is cancelled, and whose failure the flow outlives. */
  *bestEffort(name: string, deadlineSeconds: number, body: (steps: Steps) => Flow<unknown>): Flow<void> {
    const { steps } = this.uninterrupted(deadlineSeconds);
    try {
      yield* this.step(name, () => body(steps));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
    }
  }

  /** Repeats what `make` schedules until its outcome is done. @param activity whose outcome it must be. @throws StepFailed */
  *untilDone<T>(make: () => Task, deadlineSeconds: number, activity?: string): Flow<T> {
    const start = this.context.df.currentUtcDateTime;
    let crashes = 0;
    for (let tries = 1; ; tries += 1) {
      this.log.trying(tries);
      const outcome = yield* this.outcomeOf<T>(make(), activity);
      if (outcome.kind === 'done') return outcome.value;
      if (outcome.kind === 'failed') throw new StepFailed(outcome.code, outcome.message);
      this.options.cancellation?.check();
      crashes += outcome.kind === 'crashed' ? 1 : 0;
      const reason =
        outcome.kind === 'crashed' ? 'the activity ended unexpectedly; its log entry says why' : outcome.reason;
      if (crashes >= MAX_CRASHES) throw new StepFailed('internal', reason);
      const seconds = this.pauseAfter(tries, outcome.kind === 'retryLater' ? outcome.afterSeconds : undefined);
      if (secondsSince(this.context, start) + seconds > deadlineSeconds)
        throw new StepFailed('step-deadline', `given up after ${deadlineSeconds} s; last: ${reason}`);
      this.log.waiting(`${reason}; next try ${later(this.context, seconds).toISOString()}`);
      yield* this.pause(seconds);
    }
  }

  /**
   * Waits on durable timers, until a whole second: the engine's storage counts those, and fires timers early that lie
   * between two. Nothing may rely on the exact time all the same. @throws StepFailed when the run is cancelled meanwhile.
   */
  *pause(seconds: number): Flow<void> {
    yield* durableWait(this.context, wholeSecond(later(this.context, seconds)), [], this.options.cancellation);
  }

  /** Waits for a task until `expires`; whether it has come tells its isCompleted. @throws StepFailed as pause does. */
  *waitUntil(task: Task, expires: Date): Flow<void> {
    yield* durableWait(this.context, expires, [task], this.options.cancellation);
  }

  /**
   * The engine's text of a crash is left alone: texts are for people, and may quote what they should not. After the process
   * died in the middle of a turn, the engine may hand over the result of a call that only the lost turn has made: it finds the
   * call by its number alone (docs/decisions/0039-activities-that-come-late.md). The activity is then called again.
   */
  private *outcomeOf<T>(task: Task, activity?: string): Flow<StepOutcome<T> | { readonly kind: 'crashed' }> {
    const { cancellation } = this.options;
    cancellation?.check();
    try {
      if (cancellation) yield* cancellation.work(task);
      else yield task;
    } catch {
      return { kind: 'crashed' };
    }
    // The engine hands back plain JSON, whose shape the task's maker knows.
    if (task.isFaulted) return { kind: 'crashed' };
    const outcome = task.result as ReturnedOutcome<T>;
    if (outcome.activity === undefined || outcome.activity === activity) return outcome;
    return retryLater(`the engine handed over a result of ${outcome.activity} in its place`, 0);
  }

  /** What the service asks for, and a second more since timers may be early; else doubling from first to longest. */
  private pauseAfter(tries: number, afterSeconds: number | undefined): number {
    if (afterSeconds !== undefined) return afterSeconds + 1;
    const { retryFirstSeconds, retryMaxSeconds } = this.limits;
    return Math.min(retryMaxSeconds, retryFirstSeconds * 2 ** Math.min(tries - 1, 20));
  }
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.ceil(instant.getTime() / 1000) * 1000);
}
