/** What the replay of one turn takes and returns. */
import type { HistoryEvent } from '../history.js';
import type { OrchestratorState } from './actions.js';
import type { Decision } from './decisions.js';
import type { Notice } from './notices.js';

/** The orchestration whose turn it is. */
export interface Caller {
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentInstanceId: string | undefined;
}

/** Which functions the app has. Names are compared without regard to case. */
export interface ReplayFunctions {
  hasActivity(name: string): boolean;
  hasOrchestrator(name: string): boolean;
  hasEntity(name: string): boolean;
  /** Texts that say that there is none of that name, and which there are. */
  unknownActivity(name: string): string;
  unknownOrchestrator(name: string): string;
  unknownEntity(name: string): string;
}

/** Settings that shape decisions; times in ms. */
export interface ReplaySettings {
  readonly maxActions: number;
  readonly maximumShortTimerMs: number;
  readonly longTimerIntervalMs: number;
  readonly httpSleepMs: number;
  readonly defaultVersion: string | null;
}

/** What the executor answered. */
export type Outcome =
  | { kind: 'answered'; state: OrchestratorState }
  /** User code threw; `state.error` holds the message, `trace` what a history says of the place. */
  | { kind: 'threw'; state: OrchestratorState; trace: string }
  /** The invocation itself failed: no state at all. */
  | { kind: 'broken'; message: string; details: string };

export interface ReplayInput extends Caller {
  readonly name: string;
  readonly history: readonly HistoryEvent[];
  readonly outcome: Outcome;
  readonly functions: ReplayFunctions;
  readonly settings: ReplaySettings;
  /** A thrown .NET-like exception as text, for Details. */
  readonly serialiseException: (message: string) => string;
}

export interface ReplayResult {
  /** In the order of their ids. */
  readonly decisions: Decision[];
  /** JSON text. */
  readonly customStatus: string | null;
  /** Events that belong to the next run, when this one continues as new. */
  readonly carryOver: HistoryEvent[];
  readonly notices: Notice[];
  readonly suspended: boolean;
}
