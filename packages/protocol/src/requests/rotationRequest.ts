import { z } from 'zod';
import { shortHash, clientKey, type ClientReference } from '../names/clientKey.js';
import { clientNames, CLIENTS_FIELDS } from './clientsRequest.js';

/**
 * The required form of each field: shown as the fix of an invalid request, and as the field's description in the API.
 */
export const ROTATION_FIELDS = {
  ...CLIENTS_FIELDS,
  urgent:
    'true for a compromised password: it is replaced at once, and the client has no access until it has the new one',
  dryRun: 'true to report what would be done, without doing it',
} as const;

const isTrue = z.boolean('must be true or false');

/** Body of `POST /api/rotations`. */
export const rotationBody = z.strictObject({
  clients: clientNames,
  urgent: isTrue.describe(ROTATION_FIELDS.urgent).optional(),
  dryRun: isTrue.describe(ROTATION_FIELDS.dryRun).optional(),
});

/** The parameters of a rotation. */
export interface Rotation extends ClientReference {
  readonly urgent: boolean;
}

/** A fingerprint that is equal for rotations that do the same, regardless of the requester. */
export function rotationFingerprint(rotation: Rotation): string {
  return shortHash(['rotate', clientKey(rotation), rotation.urgent], 32);
}
