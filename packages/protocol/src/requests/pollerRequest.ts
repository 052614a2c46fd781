import { z } from 'zod';
import { IDENTITY_FIELDS, poller } from './deviceIdentity.js';

/** The required form of each field. */
export const POLLER_FIELDS = { poller: IDENTITY_FIELDS.poller } as const;

/** Body of `PUT /api/clients/{key}/poller`. */
export const pollerBody = z.strictObject({ poller }).describe('The identity that polls for a client from now on.');
