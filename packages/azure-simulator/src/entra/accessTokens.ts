import { createHash, randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Identity, Principal } from '../access/identities.js';
import type { Plane } from '../plane.js';
import { audienceOf, type Audience } from './audiences.js';
import { SIGNING_ALGORITHM } from './signingKey.js';

/** Lifetime of a token in seconds, as in Entra ID for service principals. */
export const TOKEN_LIFETIME = 3599;

/** Issues an app-only access token with the claims that Entra ID's v1 tokens have. */
export function issueAccessToken(plane: Plane, identity: Identity, resource: string): Promise<string> {
  const now = Math.floor(plane.clock.now().getTime() / 1000);
  return new SignJWT({
    appid: identity.clientId,
    appidacr: '1',
    idp: `https://sts.windows.net/${plane.arm.tenantId}/`,
    idtyp: 'app',
    oid: identity.objectId,
    tid: plane.arm.tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: 'JWT', kid: plane.signingKey.kid, x5t: plane.signingKey.kid })
    .setIssuer(`https://sts.windows.net/${plane.arm.tenantId}/`)
    .setAudience(resource)
    .setSubject(identity.objectId)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + TOKEN_LIFETIME)
    .sign(plane.signingKey.privateKey);
}

export type Refusal = 'missing' | 'invalid' | 'expired' | 'audience';

interface Accepted {
  principal: Principal;
  audience: Audience | undefined;
  expires: number;
}

/** Verifies bearer tokens. An accepted token is cached until it expires. */
export class TokenVerifier {
  readonly #accepted = new Map<string, Accepted>();

  constructor(readonly plane: Plane) {}

  /** @param authorization the request's header */
  async verify(authorization: string | undefined, audience: Audience): Promise<Principal | Refusal> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'missing';
    const accepted = await this.#accept(token);
    if (typeof accepted === 'string') return accepted;
    return accepted.audience === audience ? accepted.principal : 'audience';
  }

  async #accept(token: string): Promise<Accepted | 'invalid' | 'expired'> {
    const key = createHash('sha256').update(token).digest('base64');
    const now = this.plane.clock.now();
    const known = this.#accepted.get(key);
    if (known) return known.expires * 1000 > now.getTime() ? known : 'expired';
    try {
      const { payload } = await jwtVerify(token, this.plane.signingKey.publicKey, {
        algorithms: [SIGNING_ALGORITHM],
        currentDate: now,
        clockTolerance: 5,
      });
      const identity = this.plane.identities.find((one) => one.objectId === payload['oid']);
      if (!identity || typeof payload.aud !== 'string' || payload.exp === undefined) return 'invalid';
      const { name, clientId, objectId } = identity;
      const accepted: Accepted = {
        principal: { name, clientId, objectId },
        audience: audienceOf(payload.aud, this.plane.baseUrl),
        expires: payload.exp,
      };
      if (this.#accepted.size > 1000) this.#accepted.clear();
      this.#accepted.set(key, accepted);
      return accepted;
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'expired' : 'invalid';
    }
  }
}
