import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ArmRates } from '../resourceManager/rates.js';
import type { FreezeWindow } from '../schedules/freezeWindows.js';
import type { FlowLimits } from '../operations/flowLimits.js';
import type { RowCounts } from './row.js';

/** Name of the orchestration. Its instance is {@link rolloutInstance}. */
export const ROLLOUT = 'rollout';

/** Instance of a rollout's orchestration. A client's key has more hyphens, so it is never equal. */
export function rolloutInstance(id: string): string {
  return `rollout-${id}`;
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
   * Rows that name an identity, whose role assignments are written in the subscription of the client's vault; absent if
   * there are none. Several vaults may be in several subscriptions.
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
  /**
   * Number of rounds in a row that have read all running operations and changed nothing: the pauses between rounds
   * become longer.
   */
  readonly idle: number;
  /** Whether more operations run than the last round has read. */
  readonly hasUnread?: true;
  /**
   * The recount (see {@link Directive}) that the last round which read all running operations had seen before it read
   * them.
   */
  readonly allReadFor?: number;
  /** The last pause by failures of which operators were alerted: when it began. */
  readonly alertedAt?: string;
}
