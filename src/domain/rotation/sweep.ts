import { clientKey, shortHash, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { FlowLimits } from '../operations/flowLimits.js';
import { newRunId, type OperationId } from '@connected-registry/protocol/names/operationId';
import type { RotationPolicy } from './rotationPolicy.js';

/** Name of the function whose timer starts sweeps. */
export const SWEEP_TIMER = 'startRotationSweep';

/** Name of the orchestration that looks for what is due, and its one instance: two sweeps would start the same twice. */
export const SWEEP = 'rotationSweep';
export const SWEEP_INSTANCE = 'rotation-sweep';

/** Input of a sweep. It begins anew with what is left after each wave, so that its history stays short. */
export interface SweepInput {
  /** Run id of the sweep. */
  readonly sweep: string;
  /** A principal's name, or `sweep`. */
  readonly actor: string;
  readonly policy: RotationPolicy;
  readonly limits: FlowLimits;
  /** What is still to be started; absent before anything was looked for. */
  readonly queue?: readonly DueRotation[];
  readonly tally?: SweepTally;
}

export interface DueRotation extends ClientReference {
  /** ISO 8601. */
  readonly deadline: string;
}

/** An old password that nobody needs any more, as far as a listing tells. */
export interface DueRevocation extends ClientReference {
  readonly acknowledged?: string;
}

export interface SweepTally {
  readonly waves: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  /** Not ended when their wave was no longer waited for; they go on by themselves. */
  readonly underWay: number;
  /** Another run held the client. */
  readonly busy: number;
  readonly revoked: number;
  /** Due, but not now. */
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
  /** Due and not started. */
  readonly left: number;
  /** Why it stopped before its work was done, and until when sweeps rest. */
  readonly stopped?: { readonly reason: string; readonly restsUntil: string };
}

/** A sweep starts so many waves at the most; what is left then is the next one's, which looks anew at what goes first. */
export const MAX_WAVES = 10;

/** What nears its end goes first. */
export function firstDue(due: readonly DueRotation[], max: number): DueRotation[] {
  return due
    .toSorted((left, right) => new Date(left.deadline).getTime() - new Date(right.deadline).getTime())
    .slice(0, max);
}

/**
 * The run that a sweep gives a client: the same whenever its start is repeated, so that no repetition rotates twice.
 * @param at when the sweep began with its wave.
 */
export function sweptRun(sweep: string, client: ClientReference, at: Date): OperationId {
  const instance = clientKey(client);
  const random = Buffer.from(shortHash([sweep, instance], 8), 'hex');
  return { instance, run: newRunId(at, random) };
}
