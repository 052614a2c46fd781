/**
 * What an orchestrator's executor answers: the list of everything that it has asked for since its run began. The list carries
 * no ids (public source: the durable-functions package, lib/src/actions).
 */

import type { FailureDetails } from '../history.js';

/** Numbers of the actions, as they stand in `actionType`. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  ScheduledSignalEntity: 10,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

/** Retry options as the SDK sends them. */
export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

/** An HTTP request of callHttp as the SDK sends it. */
export interface DurableHttpRequest {
  method: string;
  uri: string;
  content?: string | null;
  headers?: Record<string, string>;
  tokenSource?: { resource?: string; kind?: string } | null;
  asynchronousPatternEnabled?: boolean;
}

/** One action; which of the fields are there depends on its type. */
export interface Action {
  actionType: number;
  functionName?: string;
  input?: unknown;
  retryOptions?: RetryOptions;
  instanceId?: string;
  version?: string;
  fireAt?: string;
  isCanceled?: boolean;
  externalEventName?: string;
  operation?: string;
  httpRequest?: DurableHttpRequest;
  compoundActions?: Action[];
  lockRequestId?: string;
  lockSet?: { name: string; key: string }[];
}

/** The whole answer. */
export interface OrchestratorState {
  isDone: boolean;
  actions: Action[][];
  output?: unknown;
  error?: string;
  /** Of a failed activity that told more than its message. */
  failureDetails?: Partial<FailureDetails>;
  customStatus?: unknown;
  schemaVersion: number;
}

const failureLabel = '\n\n$OutOfProcData$:';

/** Takes the state out of the message of the error with which an executor reports that user code failed. */
export function stateOfFailure(message: string): OrchestratorState | undefined {
  const at = message.indexOf(failureLabel);
  if (at < 0) return undefined;
  return parseState(message.slice(at + failureLabel.length));
}

/** Parses an executor's answer; undefined when it is none. */
export function parseState(json: string): OrchestratorState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  return isState(value) ? value : undefined;
}

function isState(value: unknown): value is OrchestratorState {
  return typeof value === 'object' && value !== null && 'actions' in value && Array.isArray(value.actions);
}

/** The JSON text of an action's input; null for an input that was not given. */
export const jsonOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);
