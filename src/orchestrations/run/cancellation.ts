import type { OrchestrationContext, Task, TimerTask } from 'durable-functions';
import { cancelEventName, type CancelEvent } from '../../domain/operations/cancelEvent.js';
import { StepFailed, type Flow } from './flow.js';

/**
 * Watches for a run's cancel while the run waits for something else. It is looked at before every wait too: the engine's
 * `Task.any` does not return for a task that was waited for before and has completed meanwhile.
 */
export class Cancellation {
  private readonly cancelled: Task;

  constructor(
    private readonly context: OrchestrationContext,
    run: string,
  ) {
    this.cancelled = context.df.waitForExternalEvent(cancelEventName(run));
  }

  /** Whether the run was told that its client is revoked. */
  get isRevoked(): boolean {
    return this.cancelled.isCompleted && this.event.reason === 'revoked';
  }

  private get event(): Partial<CancelEvent> {
    return this.cancelled.result ?? {};
  }

  /** @throws StepFailed `cancelled` or `revoked`, once the run has been told to end. */
  check(): void {
    if (!this.cancelled.isCompleted) return;
    const { actor = 'an operator', reason = 'cancelled' } = this.event;
    if (reason === 'revoked') throw new StepFailed('revoked', `the client was revoked by ${actor}`);
    const why = reason === 'preempted' ? ', to make way for another run' : '';
    throw new StepFailed('cancelled', `cancelled by ${actor}${why}`);
  }

  /**
   * Waits for work that is under way. A cancel does not cut it short: its effect must be known before it can be undone.
   * The caller takes the task's result, and looks at the cancel before it goes on.
   */
  *work(task: Task): Flow<void> {
    this.check();
    yield this.context.df.Task.any([task, this.cancelled]);
    if (!task.isCompleted) yield task;
  }

  /** Waits for any of the tasks, or until the run is cancelled; timers that lose are cancelled. @throws StepFailed */
  *any(tasks: readonly Task[], timers: readonly TimerTask[]): Flow<void> {
    this.check();
    yield this.context.df.Task.any([...tasks, ...timers, this.cancelled]);
    // The engine keeps a run open for every timer that was not cancelled.
    for (const timer of timers) if (!timer.isCompleted) timer.cancel();
    this.check();
  }
}
