import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/identity';
import { isYounger } from '../../domain/times/isYounger.js';

/**
 * Milliseconds before its end from which on a token is not used: a request may take a while. The SDKs' policy uses two
 * minutes.
 */
const SPARE = 5 * 60_000;

/** Maximum share of a token's life that is spared, for tokens that live shorter. */
const SPARE_SHARE = 0.5;

interface Kept {
  readonly token: AccessToken;
  /** When it was asked for, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Milliseconds from then on in which it is used. */
  readonly usableFor: number;
}

/**
 * The same credential, with one request for a token of an audience however many wait for it, and none while the last
 * token is good. Each client of an SDK would otherwise ask by itself, and so would every call that begins before the
 * first answer.
 *
 * A request with a challenge's claims always asks anew, since the last token was refused. An `abortSignal` is not
 * passed on: one caller must not end the others' request.
 */
export function sharedTokens(credential: TokenCredential): TokenCredential {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<AccessToken | null>>();

  async function ask(
    key: string,
    scopes: string | string[],
    options: GetTokenOptions | undefined,
  ): Promise<AccessToken | null> {
    const { abortSignal: _abortSignal, ...rest } = options ?? {};
    const askedAt = Date.now();
    const token = await credential.getToken(scopes, rest);
    if (!token) return token;
    const { expiresOnTimestamp, refreshAfterTimestamp = Infinity } = token;
    const spare = Math.min(SPARE, (expiresOnTimestamp - askedAt) * SPARE_SHARE);
    const usableUntil = Math.min(refreshAfterTimestamp, expiresOnTimestamp - spare);
    kept.set(key, { token, askedAt, usableFor: usableUntil - askedAt });
    return token;
  }

  return {
    getToken: (scopes, options) => {
      const { claims, tenantId, enableCae } = options ?? {};
      const key = JSON.stringify([scopes, tenantId, enableCae, claims]);
      const known = kept.get(key);
      if (known && claims === undefined && isYounger(known.askedAt, known.usableFor, Date.now()))
        return Promise.resolve(known.token);
      const underWay = asked.get(key);
      if (underWay) return underWay;
      const request = ask(key, scopes, options).finally(() => asked.delete(key));
      asked.set(key, request);
      return request;
    },
  };
}
