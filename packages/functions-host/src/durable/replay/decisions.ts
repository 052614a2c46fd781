/** The decisions of a turn: the new tasks of an orchestration, by their ids, and its end. */
import type { FailureDetails } from '../history.js';

export interface ScheduleTask {
  kind: 'task';
  id: number;
  name: string;
  /** JSON text of the input; null if there is none. */
  input: string | null;
}

export interface CreateTimer {
  kind: 'timer';
  id: number;
  fireAt: string;
  /** Fires early, as timers do whose delay storage counts in whole seconds. */
  early?: true;
}

export interface CreateSubOrchestration {
  kind: 'sub';
  id: number;
  name: string;
  version: string | null;
  instanceId: string;
  input: string | null;
}

export interface SendEvent {
  kind: 'event';
  id: number;
  instanceId: string;
  name: string;
  input: string | null;
}

/** How a run ends. Numbers are those of OrchestrationStatus in the Durable Task framework. */
export const OrchestrationStatus = {
  Running: 0,
  Completed: 1,
  ContinuedAsNew: 2,
  Failed: 3,
  Canceled: 4,
  Terminated: 5,
  Pending: 6,
  Suspended: 7,
} as const;

export type EndStatus = 1 | 2 | 3 | 5;

export interface Complete {
  kind: 'complete';
  id: number;
  status: EndStatus;
  result: string | null;
  /** What the parent gets in addition to the result of a failure. */
  details: string | null;
  failureDetails: FailureDetails | null;
}

export type Decision = ScheduleTask | CreateTimer | CreateSubOrchestration | SendEvent | Complete;

/** The framework's names of the decisions, for its texts about changed code. */
export const decisionNames: Readonly<Record<Decision['kind'], string>> = {
  task: 'ScheduleTaskOrchestratorAction',
  timer: 'CreateTimerOrchestratorAction',
  sub: 'CreateSubOrchestrationAction',
  event: 'SendEventOrchestratorAction',
  complete: 'OrchestrationCompleteOrchestratorAction',
};
