import { z } from 'zod';
import { CLIENTS_FIELDS, clientNames } from './clientsRequest.js';

/** The required form of each field (see clientsRequest.ts). */
export const CHECK_FIELDS = {
  ...CLIENTS_FIELDS,
  clients: `${CLIENTS_FIELDS.clients}; leave it out to check all`,
  dryRun: 'true or false',
} as const;

/** Body of `POST /api/checks`. */
export const checkBody = z.strictObject({
  clients: clientNames.describe(CHECK_FIELDS.clients).optional(),
  dryRun: z.boolean('must be true or false').describe('a check never writes').optional(),
});
