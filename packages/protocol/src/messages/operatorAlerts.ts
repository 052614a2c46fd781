import { z } from 'zod';
import { FAILURE_CODES } from '../answers/codes.js';

/** CloudEvents types of what operators should look at. They are on the signal topic too, under subjects of their own. */
export const ROTATION_FAILED = 'ConnectedRegistry.RotationFailed';
export const ROTATIONS_STOPPED = 'ConnectedRegistry.RotationsStopped';

/** Data of a {@link ROTATION_FAILED} event. The credential in use is untouched, unless the rotation was urgent. */
export const rotationFailed = z.object({
  operation: z.string(),
  registry: z.string(),
  connectedRegistry: z.string(),
  client: z.string(),
  urgent: z.boolean(),
  code: z.enum(FAILURE_CODES),
  message: z.string(),
  /** When the sweep tries again at the earliest (ISO 8601); absent where it does not. */
  nextTryAt: z.iso.datetime().exactOptional(),
});
export type RotationFailed = z.infer<typeof rotationFailed>;

/** Data of a {@link ROTATIONS_STOPPED} event: a sweep met so many failures that it started no more, or failed itself. */
export const rotationsStopped = z.object({
  sweep: z.string(),
  reason: z.string(),
  started: z.int(),
  failed: z.int(),
  left: z.int(),
  /** When the next sweep goes on (ISO 8601). */
  restsUntil: z.iso.datetime(),
});
export type RotationsStopped = z.infer<typeof rotationsStopped>;
