/** The messages that a turn sends, and the events of its history about them. */
import { newExecutionId } from '../guid.js';
import { EventType, eventRaised, executionStarted, type ExecutionStartedEvent, type HistoryEvent } from '../history.js';
import type { Message, PendingTask } from '../hub/instance.js';
import type { Outgoing } from '../hub/records.js';
import { OrchestrationStatus, type Complete, type CreateSubOrchestration, type Decision } from '../replay/decisions.js';

/** The run that decides. Its start event has its identity and its caller. */
export interface DecidingRun {
  readonly started: ExecutionStartedEvent;
}

/** Collects the tasks and messages of one turn. */
export class Outbox {
  readonly tasks: PendingTask[] = [];
  readonly messages: Outgoing[] = [];
  readonly #at: string;
  readonly #nextNumber: () => number;

  constructor(at: string, nextNumber: () => number) {
    this.#at = at;
    this.#nextNumber = nextNumber;
  }

  /** Sends the decisions. The events are in the same order. */
  post(run: DecidingRun, decisions: readonly Decision[]): HistoryEvent[] {
    return decisions.flatMap((decision) => this.#post(run, decision) ?? []);
  }

  #post(run: DecidingRun, decision: Decision): HistoryEvent | undefined {
    const base = { EventId: decision.id, IsPlayed: false, Timestamp: this.#at };
    switch (decision.kind) {
      case 'task': {
        const { id, name, input } = decision;
        this.tasks.push({ id, name, input });
        return {
          EventType: EventType.TaskScheduled,
          Name: name,
          Version: '',
          Input: null,
          ParentTraceContext: null,
          Tags: null,
          ...base,
        };
      }
      case 'timer':
        return { EventType: EventType.TimerCreated, FireAt: decision.fireAt, ...base };
      case 'sub': {
        this.#start(run, decision);
        const { name: Name, version: Version, instanceId: InstanceId } = decision;
        return {
          EventType: EventType.SubOrchestrationInstanceCreated,
          Name,
          Version,
          InstanceId,
          Input: null,
          ClientSpanId: null,
          Tags: null,
          ...base,
        };
      }
      case 'event': {
        const { name, input, instanceId } = decision;
        this.#send(instanceId, { e: eventRaised(name, input, this.#at), ...dueOf(name) });
        return { EventType: EventType.EventSent, InstanceId: instanceId, Name: name, Input: input, ...base };
      }
      case 'complete': {
        if (decision.status === OrchestrationStatus.ContinuedAsNew) return undefined;
        this.#end(run, decision);
        const { status, result, failureDetails } = decision;
        return {
          EventType: EventType.ExecutionCompleted,
          OrchestrationStatus: status,
          Result: result,
          FailureDetails: failureDetails,
          ...base,
        };
      }
    }
  }

  #send(to: string, message: Omit<Message, 'n'>): void {
    this.messages.push({ to, m: { n: this.#nextNumber(), ...message } });
  }

  #start({ started }: DecidingRun, decision: CreateSubOrchestration): void {
    const e = executionStarted({
      instanceId: decision.instanceId,
      executionId: newExecutionId(),
      name: decision.name,
      version: decision.version,
      input: decision.input,
      parent: {
        Name: started.Name,
        OrchestrationInstance: started.OrchestrationInstance,
        TaskScheduleId: decision.id,
        Version: started.Version,
      },
      generation: null,
      timestamp: this.#at,
    });
    this.#send(decision.instanceId, { e });
  }

  /** Notifies the parent, if there is one. */
  #end({ started }: DecidingRun, decision: Complete): void {
    const parent = started.ParentInstance;
    if (parent === null) return;
    const base = { TaskScheduledId: parent.TaskScheduleId, EventId: -1, IsPlayed: false, Timestamp: this.#at };
    const { result, details, failureDetails: FailureDetails } = decision;
    const e: HistoryEvent =
      decision.status === OrchestrationStatus.Completed
        ? { EventType: EventType.SubOrchestrationInstanceCompleted, Result: result, ...base }
        : {
            EventType: EventType.SubOrchestrationInstanceFailed,
            Reason: result ?? '',
            Details: details,
            FailureDetails,
            ...base,
          };
    this.#send(parent.OrchestrationInstance.InstanceId, { x: parent.OrchestrationInstance.ExecutionId, e });
  }
}

/** When a scheduled signal is due; the time is in the event's name. */
function dueOf(eventName: string): { due?: number } {
  if (!eventName.startsWith('op@')) return {};
  const due = Date.parse(eventName.slice(3));
  return Number.isNaN(due) ? {} : { due };
}
