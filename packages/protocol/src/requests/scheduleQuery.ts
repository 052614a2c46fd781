import { z } from 'zod';
import { NAME_RULES } from '../names/names.js';

/** Maximum clients in one answer. */
export const MAX_SCHEDULED = 1000;

/** The required form of each parameter: shown as the fix of an invalid request, and as its description in the API. */
export const SCHEDULE_QUERY_FIELDS = {
  top: `a whole number from 1 to ${MAX_SCHEDULED}; the default is 100`,
  registry: 'the name of a registry: 5 to 50 letters and digits',
  connectedRegistry: 'the name of a connected registry: 5 to 50 letters and digits',
} as const;

/** Parameters of `GET /api/rotations/schedule`. */
export const scheduleQuery = z.object({
  top: z.coerce.number('must be a number').int().min(1, 'is too small').max(MAX_SCHEDULED, 'is too large').default(100),
  registry: z.string().regex(NAME_RULES.registry, 'is not a valid name').optional(),
  connectedRegistry: z.string().regex(NAME_RULES.connectedRegistry, 'is not a valid name').optional(),
});
