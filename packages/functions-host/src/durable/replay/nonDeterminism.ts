/**
 * Detects code that changed under a running instance: the history says that other tasks were scheduled than the code
 * schedules now. The texts are those of the Durable Task framework (public source: Azure/durabletask,
 * TaskOrchestrationContext.cs).
 */
import { sameName } from '../../caseInsensitive.js';
import type {
  EventSentEvent,
  SubOrchestrationInstanceCreatedEvent,
  TaskScheduledEvent,
  TimerCreatedEvent,
} from '../history.js';
import { decisionNames, type Decision } from './decisions.js';

/** Fails the orchestration. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';

  constructor(text: string) {
    super(`Non-Deterministic workflow detected: ${text}`);
  }
}

const question = 'Was a change made to the orchestrator code after this instance had already started running?';

type ScheduledEvent = TaskScheduledEvent | TimerCreatedEvent | SubOrchestrationInstanceCreatedEvent | EventSentEvent;

/**
 * Compares an event of the history with the decision of the replay that has its id.
 * @throws NonDeterminismError if there is none, or one of another kind or name
 */
export function checkScheduled(event: ScheduledEvent, decision: Decision | undefined): void {
  switch (event.EventType) {
    case 4:
      return checkTask(event, decision);
    case 10:
      return checkTimer(event, decision);
    case 7:
      return checkSubOrchestration(event, decision);
    case 14:
      return checkEventSent(event, decision);
  }
}

function checkTask(event: TaskScheduledEvent, decision: Decision | undefined): void {
  const id = event.EventId;
  if (decision === undefined)
    throw new NonDeterminismError(
      `A previous execution of this orchestration scheduled an activity task with sequence ID ${id} and name ` +
        `'${event.Name}' (version '${event.Version}'), but the current replay execution hasn't (yet?) scheduled this task. ${question}`,
    );
  if (decision.kind !== 'task')
    throw new NonDeterminismError(
      `A previous execution of this orchestration scheduled an activity task with sequence number ${id} named ` +
        `'${event.Name}', but the current orchestration replay instead produced a ${decisionNames[decision.kind]} action with ` +
        `this sequence number. ${question}`,
    );
  if (!sameName(event.Name, decision.name))
    throw new NonDeterminismError(
      `A previous execution of this orchestration scheduled an activity task with sequence number ${id} named ` +
        `'${event.Name}', but the current orchestration replay instead scheduled an activity task named '${decision.name}' ` +
        `with this sequence number.  ${question}`,
    );
}

function checkTimer(event: TimerCreatedEvent, decision: Decision | undefined): void {
  const id = event.EventId;
  if (decision === undefined)
    throw new NonDeterminismError(
      `A previous execution of this orchestration scheduled a timer task with sequence number ${id} but the current replay ` +
        `execution hasn't (yet?) scheduled this task. ${question}`,
    );
  if (decision.kind !== 'timer')
    throw new NonDeterminismError(
      `A previous execution of this orchestration scheduled a timer task with sequence number ${id} named but the current ` +
        `orchestration replay instead produced a ${decisionNames[decision.kind]} action with this sequence number. ${question}`,
    );
}

function checkSubOrchestration(event: SubOrchestrationInstanceCreatedEvent, decision: Decision | undefined): void {
  const said =
    `A previous execution of this orchestration scheduled a sub-orchestration task with sequence ID ${event.EventId} and name ` +
    `'${event.Name}' (version '${event.Version ?? ''}', instance ID '${event.InstanceId}'), but the current `;
  if (decision === undefined)
    throw new NonDeterminismError(`${said}replay execution hasn't (yet?) scheduled this task. ${question}`);
  if (decision.kind !== 'sub')
    throw new NonDeterminismError(
      `${said}orchestration replay instead produced a ${decisionNames[decision.kind]} action at this sequence number. ${question}`,
    );
  if (!sameName(event.Name, decision.name))
    throw new NonDeterminismError(
      `${said}orchestration replay instead scheduled a sub-orchestration task with name ${decision.name} at this sequence ` +
        `number. ${question}`,
    );
}

function checkEventSent(event: EventSentEvent, decision: Decision | undefined): void {
  const said =
    `A previous execution of this orchestration scheduled a send event task with sequence ID ${event.EventId}, type ` +
    `'EventSent'`;
  const which = `name '${event.Name}', instance ID '${event.InstanceId}'`;
  if (decision === undefined)
    throw new NonDeterminismError(
      `${said} ${which}, but the current replay execution hasn't (yet?) scheduled this task. ${question}`,
    );
  if (decision.kind !== 'event')
    throw new NonDeterminismError(
      `${said}, ${which}, but the current orchestration replay instead scheduled a ${decisionNames[decision.kind]} task at this ` +
        `sequence number. ${question}`,
    );
  if (!sameName(event.Name, decision.name))
    throw new NonDeterminismError(
      `${said}, ${which}), but the current orchestration replay instead scheduled a send event task with name ` +
        `${decision.name}at this sequence number. ${question}`,
    );
}
