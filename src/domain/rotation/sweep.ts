import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { FlowLimits } from '../operations/flowLimits.js';
import type { InVault } from '../vaults/clientVault.js';
import type { RotationPolicy } from './rotationPolicy.js';

/** Name of the function whose timer starts sweeps. */
export const SWEEP_TIMER = 'startRotationSweep';

/** Name and only instance of the orchestration that starts due rotations. Two at once would start the same ones. */
export const SWEEP = 'rotationSweep';
export const SWEEP_INSTANCE = 'rotation-sweep';

/** Input of a sweep. After each wave it continues as new with the remaining queue, so that its history stays short. */
export interface SweepInput {
  /** Run id of the sweep. */
  readonly sweep: string;
  /** A principal's name, or `sweep`. */
  readonly actor: string;
  readonly policy: RotationPolicy;
  readonly limits: FlowLimits;
  /** Rotations to start; absent before the search. */
  readonly queue?: readonly DueRotation[];
  readonly tally?: SweepTally;
}

/** A client whose rotation is due. */
export interface DueRotation extends ClientReference {
  /** ISO 8601: from then on the rotation takes priority. */
  readonly deadline: string;
}

/** A client whose previous password may be revoked, as far as a listing shows. */
export interface DueRevocation extends ClientReference, InVault {
  /** Version of the main secret that the device acknowledged. */
  readonly acknowledged?: string;
}

/** Counts of a sweep. */
export interface SweepTally {
  readonly waves: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Still running when the sweep stopped waiting for their wave. They continue by themselves. */
  readonly underWay: number;
  /** Not started, because the client had another run. The next sweep tries again. */
  readonly busy: number;
  readonly revoked: number;
  /** Due, but deferred. */
  readonly deferred: number;
}

export const NOTHING_SWEPT: SweepTally = {
  waves: 0,
  started: 0,
  completed: 0,
  failed: 0,
  underWay: 0,
  busy: 0,
  revoked: 0,
  deferred: 0,
};

/** What a sweep returns. */
export interface SweepOutcome extends SweepTally {
  readonly endedAt: string;
  /** Rotations that are due and were not started. */
  readonly left: number;
  /** Why it stopped early, and until when no sweep starts rotations. */
  readonly stopped?: { readonly reason: string; readonly restsUntil: string };
}

/** Maximum waves of a sweep. The next sweep searches again and starts the rest, by priority. */
export const MAX_WAVES = 10;

/** The rotations with the earliest deadlines. @param max how many */
export function firstDue(due: readonly DueRotation[], max: number): DueRotation[] {
  return due
    .toSorted((left, right) => new Date(left.deadline).getTime() - new Date(right.deadline).getTime())
    .slice(0, max);
}
