/** Input and result of the replay of one turn. */
import type { HistoryEvent } from '../history.js';
import type { OrchestratorState } from './actions.js';
import type { Decision } from './decisions.js';
import type { Notice } from './notices.js';

/** The orchestration that takes the turn. */
export interface Caller {
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentInstanceId: string | undefined;
}

/** The functions of the app. Names ignore case. */
export interface ReplayFunctions {
  hasActivity(name: string): boolean;
  hasOrchestrator(name: string): boolean;
  hasEntity(name: string): boolean;
  /** Error texts for an unknown name, which list the known ones. */
  unknownActivity(name: string): string;
  unknownOrchestrator(name: string): string;
  unknownEntity(name: string): string;
}

/** Settings that affect decisions; times in ms. */
export interface ReplaySettings {
  readonly maxActions: number;
  readonly maximumShortTimerMs: number;
  readonly longTimerIntervalMs: number;
  readonly httpSleepMs: number;
  readonly defaultVersion: string | null;
}

/** The executor's answer. */
export type Outcome =
  | { kind: 'answered'; state: OrchestratorState }
  /** User code threw. `state.error` holds the message, `trace` the stack trace for the history. */
  | { kind: 'threw'; state: OrchestratorState; trace: string }
  /** The invocation itself failed, so there is no state. */
  | { kind: 'broken'; message: string; details: string };

export interface ReplayInput extends Caller {
  readonly name: string;
  readonly history: readonly HistoryEvent[];
  readonly outcome: Outcome;
  readonly functions: ReplayFunctions;
  readonly settings: ReplaySettings;
  /** Formats a .NET exception as text, for Details. */
  readonly serialiseException: (message: string) => string;
}

export interface ReplayResult {
  /** In the order of their ids. */
  readonly decisions: Decision[];
  /** JSON text. */
  readonly customStatus: string | null;
  /** Events for the next run, if this one continues as new. */
  readonly carryOver: HistoryEvent[];
  readonly notices: Notice[];
  readonly suspended: boolean;
}
