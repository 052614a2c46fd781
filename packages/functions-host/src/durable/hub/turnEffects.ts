/**
 * What a turn does to its instance: the messages that it took, the tasks that it scheduled, its end or its next run.
 */
import { EventType, type HistoryEvent } from '../history.js';
import { earlierRunOf } from './earlierRun.js';
import type { Instance } from './instance.js';
import { statusNames } from './records.js';

/** Gets the timers that a turn has created. */
export interface DurableTimerListener {
  timer(instance: Instance, id: number, fireAt: string): void;
}

/** Takes messages out of the inbox. Those of the history are in its order. */
export function taken(
  instance: Instance,
  numbers: readonly (number | HistoryEvent)[],
  dropped: readonly number[],
): HistoryEvent[] {
  const byNumber = new Map(instance.inbox.map((message) => [message.n, message]));
  const events = numbers.flatMap((entry) => {
    if (typeof entry !== 'number') return [entry];
    const message = byNumber.get(entry);
    return message === undefined ? [] : [message.e];
  });
  const gone = new Set([...numbers.filter((entry) => typeof entry === 'number'), ...dropped]);
  const fired = new Set(
    numbers.flatMap((entry) =>
      typeof entry !== 'number' && entry.EventType === EventType.TimerFired ? [entry.TimerId] : [],
    ),
  );
  instance.inbox = instance.inbox.filter(
    ({ n, e }) => !gone.has(n) && !(n === 0 && e.EventType === EventType.TimerFired && fired.has(e.TimerId)),
  );
  return events;
}

/** The output that a status shows. Nothing leaves what was there, as the merge of a table row does. */
function show(instance: Instance, output: string | null): void {
  instance.output = output ?? instance.output;
}

/** Applies a message of the history to the instance. */
export function applyMessage(instance: Instance, event: HistoryEvent): void {
  switch (event.EventType) {
    case EventType.ExecutionStarted:
      instance.status = 'Running';
      instance.created = event.Timestamp;
      return;
    case EventType.ExecutionTerminated:
      show(instance, event.Input);
      return;
    case EventType.TimerFired:
      instance.timers.delete(event.TimerId);
      return;
    case EventType.ExecutionSuspended:
      instance.suspended = true;
      instance.status = 'Suspended';
      show(instance, event.Reason);
      return;
    case EventType.ExecutionResumed:
      instance.suspended = false;
      instance.status = 'Running';
      show(instance, event.Reason);
      return;
    default:
      return;
  }
}

/** Applies the tasks that the turn scheduled, or its end. */
export function applyScheduled(
  instance: Instance,
  events: readonly HistoryEvent[],
  listener: DurableTimerListener | undefined,
): void {
  for (const event of events) {
    if (event.EventType === EventType.TimerCreated) {
      instance.timers.set(event.EventId, event.FireAt);
      listener?.timer(instance, event.EventId, event.FireAt);
    } else if (event.EventType === EventType.ExecutionCompleted) {
      instance.status = statusNames[event.OrchestrationStatus] ?? 'Failed';
      const failure = event.FailureDetails;
      show(instance, failure === null ? event.Result : `${failure.ErrorType}: ${failure.ErrorMessage}`);
    }
  }
}

/** Begins the next run of an instance that continues as new. */
export function applyNext(
  instance: Instance,
  next: { x: string; ev: HistoryEvent[] },
  listener: DurableTimerListener | undefined,
): void {
  const earlier = earlierRunOf(instance);
  if (earlier !== undefined) instance.earlier = earlier;
  instance.executionId = next.x;
  instance.timers.clear();
  instance.tasks.clear();
  instance.suspended = false;
  instance.history = next.ev;
  instance.status = 'Running';
  for (const event of next.ev)
    if (event.EventType === EventType.ExecutionStarted) {
      // A run without input keeps the previous one in the status, as a merged table row does.
      instance.input = event.Input ?? instance.input;
      instance.created = event.Timestamp;
    } else applyMessage(instance, event);
  applyScheduled(instance, next.ev, listener);
}
