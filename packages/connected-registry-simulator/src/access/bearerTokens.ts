import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';
import { z } from 'zod';
import type { EdgeClock } from '../edgeClock.js';
import type { Access } from './scopes.js';

export interface IssuedToken {
  token: string;
  issuedAt: Date;
  expiresIn: number;
}

export interface Bearer {
  client: string;
  access: Access[];
}

export interface BearerTokens {
  issue(client: string, service: string, access: readonly Access[]): Promise<IssuedToken>;
  /** The bearer of a token; undefined if it is forged, expired or issued for another service. */
  verify(token: string, service: string): Promise<Bearer | undefined>;
}

const ISSUER = 'Azure Container Registry';
const claims = z.object({
  sub: z.string(),
  access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
});

/**
 * Issues short-lived JWTs with the access that the client has at that time. If a later sync removes access, it ends
 * when the token expires. The key lives as long as the process: after a restart clients need a new token, as after
 * expiry.
 */
export function createBearerTokens(clock: EdgeClock, lifetimeSeconds: number): BearerTokens {
  // Imported once, because importing takes as long as signing.
  const imported = webcrypto.subtle.importKey('raw', randomBytes(32), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
  return {
    async issue(client, service, access) {
      const issuedAt = clock.now();
      const seconds = Math.floor(issuedAt.getTime() / 1000);
      const token = await new SignJWT({ access })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setSubject(client)
        .setAudience(service)
        .setJti(randomUUID())
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(seconds + lifetimeSeconds)
        .sign(await imported);
      return { token, issuedAt, expiresIn: lifetimeSeconds };
    },
    async verify(token, service) {
      try {
        const { payload } = await jwtVerify(token, await imported, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: service,
          currentDate: clock.now(),
        });
        const { sub, access } = claims.parse(payload);
        return { client: sub, access };
      } catch {
        return undefined;
      }
    },
  };
}
