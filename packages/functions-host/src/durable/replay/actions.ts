/**
 * The answer of an orchestrator's executor: the list of everything that it has requested since its run started. The
 * list has no ids (public source: the durable-functions package, lib/src/actions).
 */

import type { FailureDetails } from '../history.js';
import { rewrittenDate, textOfDate } from '../json/dates.js';
import { maxJsonDepth } from '../json/jsonReader.js';
import { storedJson } from '../json/stored.js';

/** Numbers of the actions, in `actionType`. */
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
  /** Null if the app's value is not a number; such an answer is not read. */
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

/** One action. Its type decides which fields are set. */
export interface Action {
  actionType: number;
  functionName?: string;
  input?: unknown;
  retryOptions?: RetryOptions;
  instanceId?: string;
  version?: string;
  /** Null for an invalid date; such an answer is not read. */
  fireAt?: string | null;
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
  /** Set for a failed activity that reported more than its message. */
  failureDetails?: Partial<FailureDetails>;
  customStatus?: unknown;
  schemaVersion: number;
}

const failureLabel = '\n\n$OutOfProcData$:';

/**
 * Extracts the state from the message of the error with which an executor reports that user code failed. The extension
 * reads it with times as times, which it does not do with an answer.
 */
export function stateOfFailure(message: string): OrchestratorState | undefined {
  const at = message.indexOf(failureLabel);
  const state = at < 0 ? undefined : parseState(message.slice(at + failureLabel.length));
  if (state === undefined) return undefined;
  return {
    ...state,
    ...(state.error === undefined ? {} : { error: textOfDate(state.error) }),
    ...(state.customStatus === undefined ? {} : { customStatus: timesRead(state.customStatus) }),
    actions: state.actions.map((list) => list.map(inputTimesRead)),
  };
}

const inputTimesRead = (action: Action): Action => ({
  ...action,
  ...(action.input === undefined ? {} : { input: timesRead(action.input) }),
  ...(action.compoundActions === undefined ? {} : { compoundActions: action.compoundActions.map(inputTimesRead) }),
});

/**
 * A JSON value whose times are in .NET's form.
 * @param levels that are looked through: one that has more is refused later
 */
function timesRead(value: unknown, levels = maxJsonDepth): unknown {
  if (typeof value === 'string') return rewrittenDate(value);
  if (typeof value !== 'object' || value === null || levels === 0) return value;
  if (Array.isArray(value)) return value.map((entry) => timesRead(entry, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, timesRead(member, levels - 1)]));
}

/** Parses an executor's answer; undefined if it is not valid. */
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

/**
 * The stored JSON text of an action's input; null if there is none.
 * @throws JsonReadError
 */
export const jsonOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : storedJson(JSON.stringify(value));
