import { z } from 'zod';
import { FAILURE_CODES } from '../answers/codes.js';
import { ROLLOUT_KINDS } from '../requests/rolloutRequest.js';

/** CloudEvents types of alerts for operators. They are published on the signal topic, under their own subjects. */
export const ROTATION_FAILED = 'ConnectedRegistry.RotationFailed';
export const ROTATIONS_STOPPED = 'ConnectedRegistry.RotationsStopped';
export const ROLLOUT_PAUSED = 'ConnectedRegistry.RolloutPaused';
export const ROLLOUT_COMPLETED = 'ConnectedRegistry.RolloutCompleted';
export const ENROLMENT_REFUSED = 'ConnectedRegistry.EnrolmentRefused';

/** Data of a {@link ROTATION_FAILED} event. The credential in use is unchanged, unless the rotation was urgent. */
export const rotationFailed = z.object({
  operation: z.string(),
  registry: z.string(),
  connectedRegistry: z.string(),
  client: z.string(),
  urgent: z.boolean(),
  code: z.enum(FAILURE_CODES),
  message: z.string(),
  /** Earliest time of the sweep's next attempt (ISO 8601); absent if there is none. */
  nextTryAt: z.iso.datetime().exactOptional(),
});
export type RotationFailed = z.infer<typeof rotationFailed>;

/**
 * Data of a {@link ROTATIONS_STOPPED} event: a sweep started no more rotations because too many failed, or it failed
 * itself.
 */
export const rotationsStopped = z.object({
  sweep: z.string(),
  reason: z.string(),
  started: z.int(),
  failed: z.int(),
  left: z.int(),
  /** When the next sweep continues (ISO 8601). */
  restsUntil: z.iso.datetime(),
});
export type RotationsStopped = z.infer<typeof rotationsStopped>;

/**
 * Data of a {@link ROLLOUT_PAUSED} event: so many rows have failed that the rollout starts no more until it is resumed.
 */
export const rolloutPaused = z.object({
  rollout: z.string(),
  name: z.string().exactOptional(),
  kind: z.enum(ROLLOUT_KINDS),
  /** Since when it has been paused (ISO 8601). */
  pausedAt: z.iso.datetime(),
  rows: z.int(),
  completed: z.int(),
  failed: z.int(),
  /** Failed rows by code. */
  failures: z.record(z.string(), z.int()),
});
export type RolloutPaused = z.infer<typeof rolloutPaused>;

/** Data of a {@link ROLLOUT_COMPLETED} event: all rows have ended. */
export const rolloutCompleted = z.object({
  rollout: z.string(),
  name: z.string().exactOptional(),
  kind: z.enum(ROLLOUT_KINDS),
  /** When it ended (ISO 8601). */
  endedAt: z.iso.datetime(),
  rows: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** Failed rows by code. */
  failures: z.record(z.string(), z.int()),
});
export type RolloutCompleted = z.infer<typeof rolloutCompleted>;

/** Why a join token was refused that somebody has: a device has used it before, or it came from another place. */
const REFUSED_ENROLMENTS = ['used', 'address'] as const;

/** Data of an {@link ENROLMENT_REFUSED} event: somebody has a join token who should not, so a copy of it is about. */
export const enrolmentRefused = z.object({
  registry: z.string(),
  connectedRegistry: z.string(),
  client: z.string(),
  reason: z.enum(REFUSED_ENROLMENTS),
  /** Thumbprint of the key that was refused. */
  thumbprint: z.string(),
  /** Address of the caller; `unknown` if no front end has named it. */
  address: z.string(),
  /** When (ISO 8601). */
  refusedAt: z.iso.datetime(),
});
export type EnrolmentRefused = z.infer<typeof enrolmentRefused>;
