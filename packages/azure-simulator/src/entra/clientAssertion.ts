import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { FederatedCredential, Identity } from '../access/identities.js';
import type { Plane } from '../plane.js';

/** The one type of assertion (RFC 7523). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds by which clocks may differ. */
const TOLERANCE = 5;

/** Milliseconds that a provider has to answer. How long Entra waits is unknown. */
const PATIENCE = 5000;

interface AssertionRefusal {
  readonly code: number;
  readonly message: string;
}

/** Also for claims that are missing or of a wrong type: which code Entra gives there is unknown. */
const MALFORMED: AssertionRefusal = { code: 50027, message: 'JWT token is invalid or malformed.' };
const UNREACHABLE: AssertionRefusal = { code: 50166, message: 'Request to External OIDC endpoint failed.' };

const discovery = z.object({ jwks_uri: z.url() });

/**
 * Why a client assertion does not sign its application in: a token of a provider that a federated credential of the
 * application names (Azure docs: workload-identity-federation). The provider's keys come from its discovery document.
 *
 * @returns undefined if it does sign it in
 */
export async function refusedAssertion(
  { clock }: Pick<Plane, 'clock'>,
  { federated = [] }: Identity,
  assertion: string,
): Promise<AssertionRefusal | undefined> {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(assertion);
  } catch {
    return MALFORMED;
  }
  const credential = federated.find((one) => isAbout(one, claims));
  if (!credential) return unknown(federated, claims);
  const keys = await keysOf(credential.issuer).catch(() => undefined);
  if (!keys) return UNREACHABLE;
  const now = clock.now();
  try {
    await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      currentDate: now,
      clockTolerance: TOLERANCE,
      requiredClaims: ['exp'],
    });
    return undefined;
  } catch (error) {
    if (isOfKeys(error)) return UNREACHABLE;
    if (!(error instanceof errors.JWTExpired) && !(error instanceof errors.JWTClaimValidationFailed))
      return { code: 700027, message: 'Client assertion contains an invalid signature.' };
    if (error.reason !== 'check_failed') return MALFORMED;
    return {
      code: 700024,
      message: `Client assertion is not within its valid time range. Current time: ${now.toISOString()}, assertion valid from ${timeOf(claims.nbf)}, expiry time of assertion ${timeOf(claims.exp)}.`,
    };
  }
}

/** Whether the provider's keys could not be read: whatever `fetch` throws, or an answer that is no set of keys. */
function isOfKeys(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === errors.JOSEError.code
  );
}

/** Seconds as a text, also those of no date. */
function timeOf(seconds = 0): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}

function isAbout({ issuer, subject, audience }: FederatedCredential, { iss, sub, aud }: JWTPayload): boolean {
  return issuer === iss && subject === sub && [aud].flat().includes(audience);
}

/** The first part of the assertion that no federated credential has. */
function unknown(federated: readonly FederatedCredential[], { iss, sub, aud }: JWTPayload): AssertionRefusal {
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
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  return createRemoteJWKSet(new URL(discovery.parse(await answer.json()).jwks_uri), { timeoutDuration: PATIENCE });
}
