import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { storedObject } from '../state/storedObject.js';

/** Identities that exist from the start. */
const IDENTITY_NAMES = ['operator', 'app', 'device'] as const;
export type IdentityName = (typeof IDENTITY_NAMES)[number];

/** Whose tokens sign an application in, in place of a secret: a federated identity credential. */
const federatedCredential = storedObject({ issuer: z.string(), subject: z.string(), audience: z.string() });
export type FederatedCredential = z.infer<typeof federatedCredential>;

/** A service principal with one client secret. */
export const storedIdentity = storedObject({
  name: z.string(),
  clientId: z.string(),
  objectId: z.string(),
  clientSecret: z.string(),
  /** Absent in data of earlier versions, and where there are none. */
  federated: z.array(federatedCredential).exactOptional(),
});
export type Identity = z.infer<typeof storedIdentity>;

/** The sender of a request, as far as known. `name` is used by counters and faults. */
export interface Principal {
  name: string;
  clientId: string;
  objectId: string;
}

export const ANONYMOUS: Principal = { name: 'anonymous', clientId: '', objectId: '' };

export function makeIdentities(): Identity[] {
  return IDENTITY_NAMES.map(makeIdentity);
}

export function makeIdentity(name: string): Identity {
  return {
    name,
    clientId: randomUUID(),
    objectId: randomUUID(),
    clientSecret: `local~${randomBytes(24).toString('base64url')}`,
  };
}
