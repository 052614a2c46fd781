import { shortHash } from '@connected-registry/protocol/names/clientKey';
import type { FlowLimits } from '../operations/flowLimits.js';
import type { PlannedRow, StartPlan } from '../rollouts/startPlan.js';

/** Name of the orchestration that starts the onboardings of a new connected registry's clients. */
export const ONBOARD_PROFILE = 'onboardProfile';

/** Prefix of its instances. A client's key has more hyphens, so it is never equal. */
const PREFIX = 'profile-';

/**
 * Instance for one creation of a connected registry, and id of its plan. A second delivery of the event has the same
 * one.
 * @param at the event's time (ISO 8601)
 */
export function profileInstance(registry: string, connectedRegistry: string, at: string): string {
  return `${PREFIX}${shortHash([registry.toLowerCase(), connectedRegistry.toLowerCase(), at], 16)}`;
}

/** Input of the orchestration. It continues as new after each round, with the rows that wait. */
export interface ProfileInput {
  readonly plan: StartPlan;
  /** Run id of this instance. */
  readonly run: string;
  readonly actor: string;
  readonly limits: FlowLimits;
  /** The clients that were not started. */
  readonly rows: readonly PlannedRow[];
  readonly tally: ProfileTally;
  /** Number of rounds in a row that have started nothing. */
  readonly idle: number;
}

/** Counts of clients. */
export interface ProfileTally {
  readonly started: number;
  /** An earlier run did what the event requests. */
  readonly repeated: number;
  /** A newer request has replaced the event's. */
  readonly stale: number;
}

export const NOTHING_STARTED: ProfileTally = { started: 0, repeated: 0, stale: 0 };

/** What the orchestration returns. */
export interface ProfileOutcome extends ProfileTally {
  /** ISO 8601. */
  readonly endedAt: string;
  /** Keys of clients that could not be started, because another run held them or the budget had no room. */
  readonly notStarted: readonly string[];
}
