import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { FederatedCredential, Identity } from '../access/identities.js';
import type { Plane } from '../plane.js';

/** The one type of assertion (RFC 7523). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds by which clocks may differ. */
const TOLERANCE = 5;

interface Refused {
  readonly code: number;
  readonly message: string;
}

const discovery = z.object({ jwks_uri: z.url() });

/**
 * Why a client assertion does not sign its application in: a token of a provider that a federated credential of the application names
 * (Azure docs: workload-identity-federation). The provider's keys come from its discovery document.
 *
 * @returns undefined if it does sign it in
 */
export async function refusedAssertion(
  { clock }: Pick<Plane, 'clock'>,
  { federated = [] }: Identity,
  assertion: string,
): Promise<Refused | undefined> {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(assertion);
  } catch {
    return { code: 50027, message: 'JWT token is invalid or malformed.' };
  }
  const credential = federated.find((one) => isAbout(one, claims));
  if (!credential) return unknown(federated, claims);
  const keys = await keysOf(credential.issuer).catch(() => undefined);
  if (!keys) return { code: 50166, message: 'Request to External OIDC endpoint failed.' };
  const now = clock.now();
  try {
    await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      currentDate: now,
      clockTolerance: TOLERANCE,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof errors.JWTExpired) && !(error instanceof errors.JWTClaimValidationFailed))
      return { code: 700027, message: 'Client assertion contains an invalid signature.' };
    const [from, to] = [claims.nbf, claims.exp].map((seconds) => new Date((seconds ?? 0) * 1000).toISOString());
    return {
      code: 700024,
      message: `Client assertion is not within its valid time range. Current time: ${now.toISOString()}, assertion valid from ${from}, expiry time of assertion ${to}.`,
    };
  }
}

function isAbout({ issuer, subject, audience }: FederatedCredential, { iss, sub, aud }: JWTPayload): boolean {
  return issuer === iss && subject === sub && [aud].flat().includes(audience);
}

/** The first part of the assertion that no federated credential has. */
function unknown(federated: readonly FederatedCredential[], { iss, sub, aud }: JWTPayload): Refused {
  const ofIssuer = federated.filter(({ issuer }) => issuer === iss);
  const [code, part] =
    ofIssuer.length === 0
      ? [700211, `issuer '${iss}'`]
      : ofIssuer.some(({ subject }) => subject === sub)
        ? [700212, `audience '${[aud].flat().join(' ')}'`]
        : [700213, `subject '${sub}'`];
  return { code, message: `No matching federated identity record found for presented assertion ${part}.` };
}

async function keysOf(issuer: string): Promise<ReturnType<typeof createRemoteJWKSet>> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  return createRemoteJWKSet(new URL(discovery.parse(await answer.json()).jwks_uri));
}
