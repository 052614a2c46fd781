/**
 * Detects code that changed under a running instance: the history says that other tasks were scheduled than the code
 * schedules now. The texts are those of the Durable Task framework (public source: Azure/durabletask,
 * TaskOrchestrationContext.cs).
 */
import { sameName } from '../../caseInsensitive.js';
import {
  EventType,
  type EventSentEvent,
  type SubOrchestrationInstanceCreatedEvent,
  type TaskScheduledEvent,
  type TimerCreatedEvent,
} from '../history.js';
import { decisionNames, type Decision } from './decisions.js';

/** Fails the orchestration. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';
  /** The framework's exception with its stack trace, for a parent. Without it the SDK cannot parse the failure. */
  readonly details: string;

  constructor(text: string, where: string) {
    const message = `Non-Deterministic workflow detected: ${text}`;
    super(message);
    const trace = [`TaskOrchestrationContext.${where}`, ...executorFrames]
      .map((frame) => `   at DurableTask.Core.${frame}`)
      .join('\n');
    const exception = `DurableTask.Core.Exceptions.NonDeterministicOrchestrationException: ${message}\n${trace}`;
    this.details = `Unhandled exception while executing orchestration: ${exception}\n\t${trace}`;
  }
}

const executorFrames = [
  'TaskOrchestrationExecutor.<ExecuteCore>g__ProcessEvents|14_0(IEnumerable`1 events)',
  'TaskOrchestrationExecutor.ExecuteCore(IEnumerable`1 pastEvents, IEnumerable`1 newEvents)',
];

/** The framework's methods that check events, by the events' types. */
const checkedBy = {
  [EventType.TaskScheduled]: 'HandleTaskScheduledEvent(TaskScheduledEvent scheduledEvent)',
  [EventType.TimerCreated]: 'HandleTimerCreatedEvent(TimerCreatedEvent timerCreatedEvent)',
  [EventType.SubOrchestrationInstanceCreated]:
    'HandleSubOrchestrationCreatedEvent(SubOrchestrationInstanceCreatedEvent subOrchestrationCreateEvent)',
  [EventType.EventSent]: 'HandleEventSentEvent(EventSentEvent eventSentEvent)',
} as const;

const question = 'Was a change made to the orchestrator code after this instance had already started running?';

type ScheduledEvent = TaskScheduledEvent | TimerCreatedEvent | SubOrchestrationInstanceCreatedEvent | EventSentEvent;

/**
 * Compares an event of the history with the decision of the replay that has its id.
 * @throws NonDeterminismError if there is none, or one of another kind or name
 */
export function checkScheduled(event: ScheduledEvent, decision: Decision | undefined): void {
  const difference = differenceFrom(event, decision);
  if (difference !== undefined) throw new NonDeterminismError(difference, checkedBy[event.EventType]);
}

function differenceFrom(event: ScheduledEvent, decision: Decision | undefined): string | undefined {
  switch (event.EventType) {
    case EventType.TaskScheduled:
      return differingTask(event, decision);
    case EventType.TimerCreated:
      return differingTimer(event, decision);
    case EventType.SubOrchestrationInstanceCreated:
      return differingSubOrchestration(event, decision);
    case EventType.EventSent:
      return differingEventSent(event, decision);
  }
}

function differingTask(event: TaskScheduledEvent, decision: Decision | undefined): string | undefined {
  const id = event.EventId;
  if (decision === undefined)
    return (
      `A previous execution of this orchestration scheduled an activity task with sequence ID ${id} and name ` +
      `'${event.Name}' (version '${event.Version}'), but the current replay execution hasn't (yet?) scheduled this task. ${question}`
    );
  if (decision.kind !== 'task')
    return (
      `A previous execution of this orchestration scheduled an activity task with sequence number ${id} named ` +
      `'${event.Name}', but the current orchestration replay instead produced a ${decisionNames[decision.kind]} action with ` +
      `this sequence number. ${question}`
    );
  if (!sameName(event.Name, decision.name))
    return (
      `A previous execution of this orchestration scheduled an activity task with sequence number ${id} named ` +
      `'${event.Name}', but the current orchestration replay instead scheduled an activity task named '${decision.name}' ` +
      `with this sequence number.  ${question}`
    );
  return undefined;
}

function differingTimer(event: TimerCreatedEvent, decision: Decision | undefined): string | undefined {
  const id = event.EventId;
  if (decision === undefined)
    return (
      `A previous execution of this orchestration scheduled a timer task with sequence number ${id} but the current replay ` +
      `execution hasn't (yet?) scheduled this task. ${question}`
    );
  if (decision.kind !== 'timer')
    return (
      `A previous execution of this orchestration scheduled a timer task with sequence number ${id} named but the current ` +
      `orchestration replay instead produced a ${decisionNames[decision.kind]} action with this sequence number. ${question}`
    );
  return undefined;
}

function differingSubOrchestration(
  event: SubOrchestrationInstanceCreatedEvent,
  decision: Decision | undefined,
): string | undefined {
  const said =
    `A previous execution of this orchestration scheduled a sub-orchestration task with sequence ID ${event.EventId} and name ` +
    `'${event.Name}' (version '${event.Version ?? ''}', instance ID '${event.InstanceId}'), but the current `;
  if (decision === undefined) return `${said}replay execution hasn't (yet?) scheduled this task. ${question}`;
  if (decision.kind !== 'sub')
    return `${said}orchestration replay instead produced a ${decisionNames[decision.kind]} action at this sequence number. ${question}`;
  if (!sameName(event.Name, decision.name))
    return (
      `${said}orchestration replay instead scheduled a sub-orchestration task with name ${decision.name} at this sequence ` +
      `number. ${question}`
    );
  return undefined;
}

function differingEventSent(event: EventSentEvent, decision: Decision | undefined): string | undefined {
  const said =
    `A previous execution of this orchestration scheduled a send event task with sequence ID ${event.EventId}, type ` +
    `'EventSent'`;
  const which = `name '${event.Name}', instance ID '${event.InstanceId}'`;
  if (decision === undefined)
    return `${said} ${which}, but the current replay execution hasn't (yet?) scheduled this task. ${question}`;
  if (decision.kind !== 'event')
    return (
      `${said}, ${which}, but the current orchestration replay instead scheduled a ${decisionNames[decision.kind]} task at this ` +
      `sequence number. ${question}`
    );
  if (!sameName(event.Name, decision.name))
    return (
      `${said}, ${which}), but the current orchestration replay instead scheduled a send event task with name ` +
      `${decision.name}at this sequence number. ${question}`
    );
  return undefined;
}
