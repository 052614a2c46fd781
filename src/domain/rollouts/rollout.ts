import type { RolloutClient, RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ArmRates } from '../resourceManager/rates.js';
import type { FreezeWindow } from '../schedules/freezeWindows.js';
import type { FlowLimits } from '../operations/flowLimits.js';

/** Name of the orchestration. Its instance is {@link rolloutInstance}. */
export const ROLLOUT = 'rollout';
/** Entity: one for each rollout, by its id. It holds what operators asked for and what the rollout has done. */
export const ROLLOUT_CONTROL = 'rolloutControl';
/** Entity: one for up to {@link PIECE_ROWS} rows of a rollout, by {@link pieceKey}. */
export const ROLLOUT_PIECE = 'rolloutPiece';
/** Entity, only one: which open rollout has which client. */
export const ROLLOUT_CLAIMS = 'rolloutClaims';
export const ROLLOUT_CLAIMS_KEY = 'all';

/** Rows in one entity, so that no message of the engine becomes large. */
export const PIECE_ROWS = 500;

/** Instance of a rollout's orchestration. A client's key has more hyphens, so it is never equal. */
export function rolloutInstance(id: string): string {
  return `rollout-${id}`;
}

export function pieceKey(id: string, piece: number): string {
  return `${id}-${piece}`;
}

/** Number of pieces of so many rows. */
export function piecesOf(rows: number): number {
  return Math.ceil(rows / PIECE_ROWS);
}

/** In what groups rows are started, in their order. A wave begins when all rows of the wave before have ended. */
export interface Waves {
  /** Rows of the first wave; absent: as all others. */
  readonly canary?: number;
  readonly size: number;
  /** Seconds between the end of a wave and the begin of the next. */
  readonly pauseSeconds: number;
}

/** The rollout pauses when at least `minimum` rows have failed, and `percent` of all that ended. */
export interface FailureLimit {
  readonly percent: number;
  readonly minimum: number;
}

/** What is requested for one client: the reference alone, or an onboarding. */
export type RolloutRequest = ClientReference | Onboarding;

/** What an operator requested, except the rows. All times are ISO 8601. */
export interface RolloutPlan {
  /** Created as a run id, so that ids sort by time. */
  readonly id: string;
  readonly name?: string;
  readonly kind: RolloutKind;
  readonly actor: string;
  readonly requestedAt: string;
  readonly rows: number;
  readonly waves: Waves;
  readonly failureLimit: FailureLimit;
  readonly startAt?: string;
  readonly freezeWindows: readonly FreezeWindow[];
  /** Plans each row, and changes nothing. */
  readonly dryRun: boolean;
  /** Rows of each subscription, whose budgets are independent. */
  readonly subscriptions: readonly { readonly id: string; readonly rows: number }[];
  /**
   * Rows that name an identity, whose role assignments are written in the subscription of the client's vault; absent if there are
   * none. Several vaults may be in several subscriptions.
   */
  readonly access?: RowsWithAccess & { readonly others?: readonly RowsWithAccess[] };
  /** Rates of Azure Resource Manager that the settings name. */
  readonly rates: ArmRates;
}

/** Rows whose role assignments are written in one subscription. */
export interface RowsWithAccess {
  readonly subscription: string;
  readonly rows: number;
}

/** Input of the orchestration. It continues as new after each round, with `round` set. */
export interface RolloutInput {
  readonly plan: RolloutPlan;
  /** Run id of this instance: the rollout's id, and another one after it was started again. */
  readonly run: string;
  readonly actor: string;
  readonly limits: FlowLimits;
  /** Present after the rows have been read and their clients claimed. */
  readonly round?: RolloutRound;
  /** Present if the rollout has ended, and is started only to end the claims that it still has. */
  readonly releases?: true;
}

/** What the orchestration keeps between two rounds. */
export interface RolloutRound {
  /** Version of each piece after the last note, so that a stale read is recognised. */
  readonly versions: readonly number[];
  readonly counts: readonly RowCounts[];
  /** Failed rows by code, for each piece. */
  readonly failures: readonly Readonly<Record<string, number>>[];
  /** The wave in progress, from 0. */
  readonly wave: number;
  /** When the wave in progress ended, while the pause after it lasts. */
  readonly waveEndedAt?: string;
  /** Number of rounds in a row that have read all running operations and changed nothing: the pauses between rounds become longer. */
  readonly idle: number;
  /** Whether more operations run than the last round has read. */
  readonly hasUnread?: true;
  /** The recount (see {@link Directive}) that the last round which read all running operations had seen before it read them. */
  readonly allReadFor?: number;
  /** The last pause by failures of which operators were alerted: when it began. */
  readonly alertedAt?: string;
}

/**
 * `waiting`: not started. `running`: its operation runs. `completed`, `failed`: ended. `cancelled`: its operation was
 * cancelled, or the rollout before it was started. `planned`: a dry run has planned it.
 */
export const ROW_STATES = ['waiting', 'running', 'completed', 'failed', 'cancelled', 'planned'] as const;
export type RowState = (typeof ROW_STATES)[number];
export type RowCounts = Readonly<Record<RowState, number>>;

export const NO_ROWS: RowCounts = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };

/** How one row stands. */
export interface RowStatus {
  readonly state: RowState;
  /** How often it was retried by operators: part of its run's id, so that no run is started twice. */
  readonly retry: number;
  /** `{instance}.{run}` of the last operation. */
  readonly operation?: string;
  /** When the operation was started. */
  readonly startedAt?: string;
  /**
   * While it waits: after how many seconds in which the rollout could start rows another run was found to hold the client. Freeze
   * windows and pauses do not count.
   */
  readonly busyFrom?: number;
  /** Why it failed: a failure code, or a code of {@link ROW_CODES}. */
  readonly code?: string;
  /** Of a dry run: what the row would write. */
  readonly writes?: readonly string[];
  /** Of a dry run: codes of the problems that the row would meet. */
  readonly problems?: readonly string[];
  /** Of a dry run: the same with message and fix. Not all rows of a piece have room for them. */
  readonly reasons?: readonly RowReason[];
  /** Of a dry run: the token of others that the row would adopt. */
  readonly adopts?: NonNullable<RolloutClient['adopts']>;
}

/** Codes of rows that did not end by a run's failure. */
export const ROW_CODES = {
  /** Another run held the client for a day. */
  busy: 'client-busy',
  /** The run ended, and another run has taken its instance, so that its end is not known. */
  unknown: 'outcome-unknown',
  /** Of a check: it found differences. */
  findings: 'findings',
  /** Of a dry run: the row would be refused. */
  refused: 'problems',
} as const;

export interface PieceState {
  readonly requests: readonly RolloutRequest[];
  readonly rows: readonly RowStatus[];
  readonly version: number;
  /** Ids of the last commands of operators that it carried out, at most 20. */
  readonly carriedOut?: readonly string[];
}

export const EMPTY_PIECE: PieceState = { requests: [], rows: [], version: 0 };

/** A row's new status. `index`: in the piece, from 0. */
export interface RowChange {
  readonly index: number;
  readonly status: RowStatus;
}

/** What a piece's operations answer. */
export interface PieceAnswer {
  readonly version: number;
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Operations of {@link ROLLOUT_PIECE}. `put` is signalled once by the route and does nothing when the piece has rows. `read` answers
 * `retryLater` until then. `retryFailed` makes failed and cancelled rows wait again, with `retry` + 1, except those whose runs were `found`. `cancelWaiting` ends rows that
 * were not started. `drop` deletes the state.
 */
export interface PieceRequests {
  readonly put: { readonly requests: readonly RolloutRequest[] };
  readonly read: object;
  readonly note: { readonly changes: readonly RowChange[] };
  readonly retryFailed: { readonly command: string; readonly found: readonly RowChange[] };
  readonly cancelWaiting: object;
  readonly drop: object;
}

/**
 * `refused`: it never began, since clients are in another open rollout. `stopped`: the rollout itself failed; `resume` starts it
 * again. A rollout that waits for `startAt` or a freeze window is `running`.
 */
export type RolloutStatus = 'opening' | 'refused' | 'running' | 'paused' | 'stopped' | 'completed' | 'cancelled';

/** Why a rollout is paused, stopped or waits. */
export type RolloutReason = 'operator' | 'failure-limit' | 'fault' | 'start-time' | 'freeze-window' | 'between-waves';

export const ROLLOUT_COMMANDS = ['pause', 'resume', 'cancel', 'retry-failed'] as const;
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number];

/** A client that another open rollout has. `row`: from 0, in the whole rollout. */
export interface ClaimConflict {
  readonly row: number;
  readonly rollout: string;
}

/** Of a claim that was refused: which clients others have or, if all open rollouts have too many, how many the others have. */
export interface ClaimAnswer {
  readonly conflicts: readonly ClaimConflict[];
  readonly claimed?: number;
}

/** State of {@link ROLLOUT_CONTROL}. */
export interface ControlState {
  readonly plan?: RolloutPlan;
  readonly status: RolloutStatus;
  readonly reason?: RolloutReason;
  /** Until when it waits, if that is known (ISO 8601). */
  readonly waitsUntil?: string;
  readonly conflicts?: readonly ClaimConflict[];
  /** Of a rollout that was refused because open rollouts have too many clients: how many the others had. */
  readonly claimed?: number;
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
  readonly wave: number;
  /** Commands that the orchestration has not carried out; `id` is unique. */
  readonly commands: readonly {
    readonly id: string;
    readonly command: RolloutCommand;
    readonly actor: string;
    readonly at: string;
  }[];
  /** Ids of the last commands that were carried out, newest last, at most 20. */
  readonly carriedOut: readonly string[];
  /** Failed and ended rows when it was last begun or resumed: the failure limit counts from there. */
  readonly baseline: { readonly failed: number; readonly ended: number };
  /**
   * When it was last resumed or retried, until a round has read the ends of all operations since: only then the baseline is known.
   * Absent once it is. No time of a round is compared with it, since the host of the round may have another time.
   */
  readonly countsFrom?: string;
  /** How often it was resumed or retried: each time is a recount. Absent: never, or not since rollouts know this number. */
  readonly recounts?: number;
  /** When the pause in progress began. */
  readonly pausedAt?: string;
  /** Seconds in which it could start rows, until `activeSince`. */
  readonly activeSeconds: number;
  /** Since when it is able to start rows (ISO 8601); absent while it waits or is paused. */
  readonly activeSince?: string;
  /** The latest numbers of ended rows, oldest first, at most 30: the rate. */
  readonly samples: readonly { readonly at: string; readonly ended: number }[];
  /** Whether operators have cancelled it: it then ends as `cancelled`. */
  readonly isCancelled?: true;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** What a round found, as the orchestration reports it. */
export interface RoundReport {
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
  readonly wave: number;
  /** Why no row may start now, if so. */
  readonly waits?: { readonly reason: RolloutReason; readonly until?: string };
  /** The recount that the last round which read all running operations had seen before it read them. */
  readonly allReadFor?: number;
  /** Ids of commands that the round has carried out on the pieces (`retry-failed`, `cancel`). */
  readonly carriedOut: readonly string[];
}

/** What the orchestration does next. */
export interface Directive {
  readonly status: RolloutStatus;
  readonly reason?: RolloutReason;
  /** When the pause in progress began: two pauses never have the same. */
  readonly pausedAt?: string;
  /** Whether the next round reads the ends of all operations, however many run, since the failure limit counts from there. */
  readonly readAll?: true;
  /** With `readAll`: which recount that is. The report after such a round names it. */
  readonly recount?: number;
  /** Whether it was cancelled before it was ever opened. */
  readonly isAbandoned?: true;
  /** Commands to carry out on the pieces, oldest first. */
  readonly commands: ControlState['commands'];
}

/**
 * Operations of {@link ROLLOUT_CONTROL}: `read` answers a {@link Directive}, `open` and `refuse` begin it, `command` is signalled by a route (a command that does not fit
 * the status is dropped), `report` notes a round and answers a {@link Directive}, `stop` notes a fault (also of a rollout that was never opened, so it has the plan), `abandon` ends a cancelled one whose rows never arrived, `end` notes the end
 * (`completed`, or `cancelled` if that was the last command). `drop` deletes the state.
 */
export interface ControlRequests {
  readonly read: object;
  readonly open: { readonly plan: RolloutPlan };
  readonly refuse: ClaimAnswer & { readonly plan: RolloutPlan };
  readonly command: {
    readonly id: string;
    readonly command: RolloutCommand;
    readonly actor: string;
    readonly at: string;
  };
  readonly report: RoundReport;
  readonly stop: { readonly plan: RolloutPlan };
  readonly abandon: { readonly plan: RolloutPlan };
  readonly end: { readonly counts: RowCounts; readonly failures: Readonly<Record<string, number>> };
  readonly drop: object;
}

/** What the orchestration returns when it ends. `refused`, `stopped`, `completed` or `cancelled`. */
export interface RolloutOutcome {
  readonly status: RolloutStatus;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly counts: RowCounts;
  /** Why the rollout itself failed. */
  readonly message?: string;
}

/** State of {@link ROLLOUT_CLAIMS}: the hashes of clients' keys by rollout. */
export type ClaimsState = Readonly<Record<string, readonly string[]>>;

/**
 * Operations of {@link ROLLOUT_CLAIMS}: `claim` answers a {@link ClaimAnswer} with at most {@link MAX_CONFLICTS} conflicts, and claims nothing if
 * there are any or more than {@link MAX_CLAIMED} clients would be claimed; it is idempotent for one rollout. `release` ends a rollout's claims.
 */
export interface ClaimsRequests {
  readonly claim: { readonly rollout: string; readonly clients: readonly string[] };
  readonly release: { readonly rollout: string };
}

export const MAX_CONFLICTS = 100;

/**
 * Maximum clients in open rollouts together. Their claims are one state, of 14 bytes a client: 700 KB. The Durable Task Scheduler
 * accepts messages of 1 MiB (Azure-Samples/Durable-Task-Scheduler, LargePayload); Azure Storage moves larger texts to blobs.
 */
export const MAX_CLAIMED = 50_000;

/** Maximum bytes of the rows of one piece, as JSON: the same limit of 1 MiB, less how 500 rows stand. */
export const MAX_PIECE_BYTES = 700_000;
