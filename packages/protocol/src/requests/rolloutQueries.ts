import { z } from 'zod';
import { ROLLOUT_ROW_STATES } from '../answers/rolloutAnswers.js';
import { CLIENTS_QUERY_FIELDS, clientsQuery } from './listQueries.js';

const { top, continuation } = clientsQuery.shape;

/** The required form of each parameter. */
export const ROLLOUTS_QUERY_FIELDS = {
  top: CLIENTS_QUERY_FIELDS.top,
  continuation: CLIENTS_QUERY_FIELDS.continuation,
} as const;

export const ROLLOUT_CLIENTS_QUERY_FIELDS = {
  ...ROLLOUTS_QUERY_FIELDS,
  state: `one of ${ROLLOUT_ROW_STATES.join(', ')}`,
} as const;

/** Parameters of `GET /api/rollouts`. */
export const rolloutsQuery = z.strictObject({ top, continuation });

/** Parameters of `GET /api/rollouts/{id}/clients`. */
export const rolloutClientsQuery = z.strictObject({
  top,
  continuation,
  state: z.enum(ROLLOUT_ROW_STATES, 'is not a known state').describe(ROLLOUT_CLIENTS_QUERY_FIELDS.state).optional(),
});
