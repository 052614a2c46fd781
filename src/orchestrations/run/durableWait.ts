import type { OrchestrationContext, Task } from 'durable-functions';
import type { Cancellation } from './cancellation.js';
import type { Flow } from './flow.js';

/**
 * The longest durable timer, in milliseconds: five days. Of one of more than six that is cancelled the Durable extension
 * remembers that it is waiting (source: DurableOrchestrationContext.CreateTimer, IsLongRunningTimer): timers that follow are
 * then made again and again, and the ids of all that comes after belong to something else, so that an activity's result is
 * lost, or its failure taken for a success (docs/decisions/0028-long-waits-are-made-of-pieces.md).
 */
export const LONGEST_TIMER = 5 * 24 * 3600 * 1000;

/**
 * The one place where durable timers are made: waits until an instant, however far off, or until one of the tasks has
 * completed. A timer may fire a second early, so nothing may rely on the exact time.
 * @throws StepFailed as soon as the run is cancelled, where a cancellation is given
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
    // The engine's Task.any does not return for a task that has completed before, so that is looked at here.
    if (isLast || tasks.some((task) => task.isCompleted)) return;
  }
}
