import type { OrchestrationContext, Task } from 'durable-functions';
import type { Cancellation } from './cancellation.js';
import type { Flow } from './flow.js';

/**
 * The longest durable timer, in milliseconds: five days. When a timer of more than six days is cancelled, the Durable
 * extension still counts it as waiting (source: DurableOrchestrationContext.CreateTimer, IsLongRunningTimer). Later
 * timers are then made again and again, and the ids of everything that follows shift, so that an activity's result is
 * lost or its failure taken for a success (docs/decisions/0028-long-waits-are-split.md).
 */
export const LONGEST_TIMER = 5 * 24 * 3600 * 1000;

/**
 * Waits until an instant, however far off, or until one of the tasks has completed. Durable timers are made nowhere
 * else. A timer may fire a second early, so nothing may rely on the exact time.
 *
 * @throws StepFailed as soon as the run is cancelled, if a cancellation is given
 */
export function* durableWait(
  context: OrchestrationContext,
  until: Date,
  tasks: readonly Task[] = [],
  cancellation?: Cancellation,
): Flow<void> {
  for (;;) {
    const now = context.df.currentUtcDateTime.getTime();
    const isLast = !(until.getTime() - now > LONGEST_TIMER);
    const timer = context.df.createTimer(isLast ? until : new Date(now + LONGEST_TIMER));
    if (cancellation) yield* cancellation.any(tasks, [timer]);
    else if (tasks.length === 0) yield timer;
    else {
      yield context.df.Task.any([...tasks, timer]);
      if (!timer.isCompleted) timer.cancel();
    }
    // The engine's Task.any does not return for a task that completed before, so that is checked here.
    if (isLast || tasks.some((task) => task.isCompleted)) return;
  }
}
