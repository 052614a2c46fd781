import type { FreezeWindow } from '../schedules/freezeWindows.js';

/**
 * Time limits of a run, in seconds. The starter takes them from settings, since orchestrators must not read settings.
 */
export interface FlowLimits {
  /** First and longest delay between retries of a step. The delay doubles in between. */
  readonly retryFirstSeconds: number;
  readonly retryMaxSeconds: number;
  /** How long a step is retried before the operation fails. */
  readonly stepDeadlineSeconds: number;
  /** How long binding is retried until the connected registry lists the token. */
  readonly bindDeadlineSeconds: number;
  /** How long one pull check attempt waits for the device's report. */
  readonly reportTimeoutSeconds: number;
  /** How long pull checks are repeated, from the first sync after the binding. */
  readonly pullCheckDeadlineSeconds: number;
  /** A fixed delay between attempts, in place of waiting for the next scheduled sync. */
  readonly pullCheckRetrySeconds?: number;
  /** How long a run requested by a new connected registry's event waits until that is active. */
  readonly activationDeadlineSeconds?: number;
  /** How long each undo is retried before its resource is listed as residue. */
  readonly undoDeadlineSeconds: number;
  /** How long the cloud registry needs to replicate a password that replaces another. */
  readonly passwordReplicationSeconds: number;
  /** How long a rotation waits for its connected registry's sync. */
  readonly syncDeadlineSeconds: number;
  /** Minimum time that the previous password stays usable after a rotation, unless the device acknowledges earlier. */
  readonly overlapSeconds: number;
  /** How often a device's agent reads its secret again. */
  readonly agentRefreshSeconds: number;
  /** Delay until a failed rotation is retried. */
  readonly rotationRetrySeconds: number;
  /** Times in which sweeps start no rotations; absent if none are configured. */
  readonly freezeWindows?: readonly FreezeWindow[];
}
