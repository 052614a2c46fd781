import type { OrchestrationContext, Task, TimerTask } from 'durable-functions';
import { cancelEventName, type CancelEvent } from '../../domain/operations/cancelEvent.js';
import { StepFailed, type Flow } from './flow.js';

/**
 * Watches for a run's cancel while the run waits for something else. Every wait checks it first, too: the engine's
 * `Task.any` does not return for a task that was awaited before and has completed since.
 */
export class Cancellation {
  private readonly cancelled: Task;

  constructor(
    private readonly context: OrchestrationContext,
    run: string,
  ) {
    this.cancelled = context.df.waitForExternalEvent(cancelEventName(run));
  }

  /** Whether the run was asked to end because its client was revoked. */
  get isRevoked(): boolean {
    return this.cancelled.isCompleted && this.event.reason === 'revoked';
  }

  private get event(): Partial<CancelEvent> {
    return this.cancelled.result ?? {};
  }

  /** @throws StepFailed `cancelled` or `revoked`, once the run was asked to end. */
  check(): void {
    if (!this.cancelled.isCompleted) return;
    const { actor = 'an operator', reason = 'cancelled' } = this.event;
    if (reason === 'revoked') throw new StepFailed('revoked', `the client was revoked by ${actor}`);
    const why = reason === 'preempted' ? ', to make way for another run' : '';
    throw new StepFailed('cancelled', `cancelled by ${actor}${why}`);
  }

  /**
   * Waits for work in progress. A cancel does not cut it short: its effect must be known before it can be undone. The
   * caller takes the task's result, and checks for a cancel before it goes on.
   */
  *work(task: Task): Flow<void> {
    this.check();
    yield this.context.df.Task.any([task, this.cancelled]);
    if (!task.isCompleted) yield task;
  }

  /** Waits for any of the tasks, or until the run is cancelled. Timers that lose are cancelled. @throws StepFailed */
  *any(tasks: readonly Task[], timers: readonly TimerTask[]): Flow<void> {
    this.check();
    yield this.context.df.Task.any([...tasks, ...timers, this.cancelled]);
    // The engine keeps a run open for every timer that was not cancelled.
    for (const timer of timers) if (!timer.isCompleted) timer.cancel();
    this.check();
  }
}
