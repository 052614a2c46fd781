/**
 * The events of an orchestration's history, in the form in which the Durable Task extension passes them to an executor
 * and stores them (public source: Azure/durabletask, DurableTask.Core/History, serialized by Newtonsoft.Json).
 */

/** Numbers of the event types, in `EventType`. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  GenericEvent: 17,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

/** Names of the event types in a status answer with history. */
export const eventTypeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(EventType).map(([name, number]) => [number, name]),
);

interface EventBase {
  /** The number of the task that the event schedules; -1 for other events. */
  EventId: number;
  /** True once a later turn sees the event, which was a message of an earlier turn. */
  IsPlayed: boolean;
  /** ISO time with a Z. */
  Timestamp: string;
}

/** Identifies a run of an instance. */
export interface OrchestrationInstance {
  InstanceId: string;
  ExecutionId: string;
}

/** The parent of a child instance, and the parent's task that called it. */
export interface ParentInstance {
  Name: string;
  OrchestrationInstance: OrchestrationInstance;
  TaskScheduleId: number;
  Version: string | null;
}

export interface ExecutionStartedEvent extends EventBase {
  EventType: typeof EventType.ExecutionStarted;
  OrchestrationInstance: OrchestrationInstance;
  ParentInstance: ParentInstance | null;
  Name: string;
  Version: string | null;
  /** JSON text. */
  Input: string | null;
  Tags: null;
  Correlation: null;
  ParentTraceContext: null;
  ScheduledStartTime: null;
  /** Number of earlier starts of the id by clients; null for children and continued runs. */
  Generation: number | null;
  GenerateNewTrace: boolean;
}

export interface ExecutionCompletedEvent extends EventBase {
  EventType: typeof EventType.ExecutionCompleted;
  OrchestrationStatus: number;
  Result: string | null;
  FailureDetails: FailureDetails | null;
}

export interface ExecutionTerminatedEvent extends EventBase {
  EventType: typeof EventType.ExecutionTerminated;
  Input: string | null;
}

export interface TaskScheduledEvent extends EventBase {
  EventType: typeof EventType.TaskScheduled;
  Name: string;
  Version: '';
  /** Always null: only the activity gets the input. */
  Input: null;
  ParentTraceContext: null;
  Tags: null;
}

export interface TaskCompletedEvent extends EventBase {
  EventType: typeof EventType.TaskCompleted | typeof EventType.SubOrchestrationInstanceCompleted;
  TaskScheduledId: number;
  Result: string | null;
}

export interface TaskFailedEvent extends EventBase {
  EventType: typeof EventType.TaskFailed | typeof EventType.SubOrchestrationInstanceFailed;
  TaskScheduledId: number;
  Reason: string;
  Details: string | null;
  FailureDetails: FailureDetails | null;
}

/** A structured failure. Only activities with an exception properties provider send one. */
export interface FailureDetails {
  ErrorType: string;
  ErrorMessage: string;
  StackTrace: string | null;
  InnerFailure: FailureDetails | null;
  IsNonRetriable: boolean;
  Properties: Record<string, unknown> | null;
}

export interface SubOrchestrationInstanceCreatedEvent extends EventBase {
  EventType: typeof EventType.SubOrchestrationInstanceCreated;
  Name: string;
  Version: string | null;
  InstanceId: string;
  Input: null;
  ClientSpanId: null;
  Tags: null;
}

export interface TimerCreatedEvent extends EventBase {
  EventType: typeof EventType.TimerCreated;
  FireAt: string;
}

export interface TimerFiredEvent extends EventBase {
  EventType: typeof EventType.TimerFired;
  TimerId: number;
  FireAt: string;
}

export interface OrchestratorEvent extends EventBase {
  EventType: typeof EventType.OrchestratorStarted | typeof EventType.OrchestratorCompleted;
}

export interface EventSentEvent extends EventBase {
  EventType: typeof EventType.EventSent;
  InstanceId: string;
  Name: string;
  Input: string | null;
}

export interface EventRaisedEvent extends EventBase {
  EventType: typeof EventType.EventRaised;
  Name: string;
  /** JSON text. */
  Input: string | null;
  ParentTraceContext: null;
}

/** Replaces events that a rewind removed, and the message that starts the instance again. */
export interface GenericEvent extends EventBase {
  EventType: typeof EventType.GenericEvent;
  Data: string | null;
}

export interface SuspensionEvent extends EventBase {
  EventType: typeof EventType.ExecutionSuspended | typeof EventType.ExecutionResumed;
  Reason: string | null;
}

export type HistoryEvent =
  | ExecutionStartedEvent
  | ExecutionCompletedEvent
  | ExecutionTerminatedEvent
  | TaskScheduledEvent
  | TaskCompletedEvent
  | TaskFailedEvent
  | SubOrchestrationInstanceCreatedEvent
  | TimerCreatedEvent
  | TimerFiredEvent
  | OrchestratorEvent
  | EventSentEvent
  | EventRaisedEvent
  | GenericEvent
  | SuspensionEvent;

/** Creates the start event of a run. */
export function executionStarted(init: {
  instanceId: string;
  executionId: string;
  name: string;
  version: string | null;
  input: string | null;
  parent: ParentInstance | null;
  generation: number | null;
  timestamp: string;
}): ExecutionStartedEvent {
  return {
    OrchestrationInstance: { InstanceId: init.instanceId, ExecutionId: init.executionId },
    EventType: EventType.ExecutionStarted,
    ParentInstance: init.parent,
    Name: init.name,
    Version: init.version,
    Input: init.input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: init.generation,
    GenerateNewTrace: false,
    EventId: -1,
    IsPlayed: false,
    Timestamp: init.timestamp,
  };
}

/** Creates an event that a client, an entity or another orchestration raises. */
export function eventRaised(name: string, input: string | null, timestamp: string): EventRaisedEvent {
  return {
    EventType: EventType.EventRaised,
    Name: name,
    Input: input,
    ParentTraceContext: null,
    EventId: -1,
    IsPlayed: false,
    Timestamp: timestamp,
  };
}

/** Creates the mark at the start or the end of a turn. */
export function turnMark(type: OrchestratorEvent['EventType'], timestamp: string): OrchestratorEvent {
  return { EventType: type, EventId: -1, IsPlayed: false, Timestamp: timestamp };
}
