import type { FreezeWindow } from '../schedules/freezeWindows.js';

/** How long a flow tries and waits, in seconds. Made from settings by the starter, since orchestrators read none. */
export interface FlowLimits {
  /** First and longest pause between tries of a step; it doubles in between. */
  readonly retryFirstSeconds: number;
  readonly retryMaxSeconds: number;
  /** How long one step may be tried before the operation fails. */
  readonly stepDeadlineSeconds: number;
  /** How long to try until the connected registry lists the token. */
  readonly bindDeadlineSeconds: number;
  /** How long one attempt waits for the device's report. */
  readonly reportTimeoutSeconds: number;
  /** How long to go on asking the device, counted from the first sync after the binding. */
  readonly pullCheckDeadlineSeconds: number;
  /** A fixed pause between attempts, in place of waiting for the next scheduled sync. */
  readonly pullCheckRetrySeconds?: number;
  /** How long a run that a new connected registry's event asked for waits until that is active. */
  readonly activationDeadlineSeconds?: number;
  /** How long each undo is tried before it is listed as residue. */
  readonly undoDeadlineSeconds: number;
  /** How long a password that replaces another takes to be known in the whole cloud registry. */
  readonly passwordReplicationSeconds: number;
  /** How long a rotation waits for its connected registry's sync. */
  readonly syncDeadlineSeconds: number;
  /** How long the password before stays usable after a rotation, at least, unless the device acknowledges before. */
  readonly overlapSeconds: number;
  /** How often a device's agent reads its secret again by itself. */
  readonly agentRefreshSeconds: number;
  /** When a rotation that failed is tried again. */
  readonly rotationRetrySeconds: number;
  /** Windows in which no sweep starts a rotation; absent when none are set. */
  readonly freezeWindows?: readonly FreezeWindow[];
}
