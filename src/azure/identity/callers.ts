import type { JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Config } from '../../settings/config.js';
import type { Callers } from '../../ports/callers.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import { lazily } from '../calls/lazily.js';

/** The only algorithm with which Entra signs. Source: Azure docs, identity-platform/access-tokens. */
const ALGORITHMS = ['RS256'];

/**
 * The form of an object id; a token with any other value identifies nobody. Source: Azure docs,
 * access-token-claims-reference.
 */
const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Maximum difference between clocks, in seconds. */
const CLOCK_TOLERANCE = 60;

/** Milliseconds to wait for Entra's answer. */
const PATIENCE = 10_000;

const discovery = z.looseObject({ issuer: z.string().min(1), jwks_uri: z.url({ protocol: /^https$/ }) });

interface Issuer {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
}

/**
 * Creates the validation of Entra tokens: signature, issuer, audience, lifetime. An app's registration decides which of
 * two versions its tokens have. Each version has its own issuer, named in its own metadata document. Source: Azure
 * docs, identity-platform/access-tokens and v2-protocols-oidc.
 */
export function createCallers({ identity, polling }: Pick<Config, 'identity' | 'polling'>): Callers {
  const tenant = `${identity.authorityHost}/${identity.tenantId ?? ''}`;
  const version1 = lazily(() => discover(`${tenant}/.well-known/openid-configuration`));
  const version2 = lazily(() => discover(`${tenant}/v2.0/.well-known/openid-configuration`));

  return {
    identify: async (token) => {
      const { audience } = polling;
      if (audience === undefined) return undefined;
      const { decodeJwt, errors, jwtVerify } = await import('jose');
      try {
        const { ver } = decodeJwt(token);
        const { issuer, keys } = await (ver === '2.0' ? version2() : version1());
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE,
          requiredClaims: ['exp', 'oid'],
        });
        const { oid } = payload;
        return typeof oid === 'string' && OBJECT_ID.test(oid) ? oid.toLowerCase() : undefined;
      } catch (error) {
        if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError))
          throw unavailable(error, tenant);
        return undefined;
      }
    },
  };
}

async function discover(url: string): Promise<Issuer> {
  const { createRemoteJWKSet } = await import('jose');
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok)
    throw new ServiceError({
      kind: 'unavailable',
      operation: 'read the keys of',
      resource: resourceName(url),
      status: response.status,
    });
  const { issuer, jwks_uri: keys } = discovery.parse(await response.json());
  return { issuer, keys: createRemoteJWKSet(new URL(keys), { timeoutDuration: PATIENCE }) };
}

/** The error when the signing keys cannot be read, for whatever reason: the caller is then unknown, not refused. */
function unavailable(error: unknown, tenant: string): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError({ kind: 'unavailable', operation: 'read the keys of', resource: resourceName(tenant) });
}
