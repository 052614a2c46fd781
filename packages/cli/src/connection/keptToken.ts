import type { AccessToken } from '@azure/identity';

/**
 * Milliseconds before its end at which a token is renewed. Less than the five minutes of Microsoft's libraries, which
 * then renew, too.
 */
const MARGIN = 240_000;

/**
 * Keeps a token until shortly before its end. The Azure CLI and azd start a process for each token, and requests are
 * many and at once: all who wait for a token share one request for it. A token that still counts is used if no new one
 * is to be had.
 *
 * @param now milliseconds since 1970
 */
export function keptToken(getToken: () => Promise<AccessToken>, now: () => number): () => Promise<string> {
  let kept: { readonly token: string; readonly renewAt: number; readonly endsAt: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    try {
      const { token, expiresOnTimestamp } = await getToken();
      const left = expiresOnTimestamp - now();
      // One that ends soon would be asked for at each request.
      const renewAt = left > 2 * MARGIN ? expiresOnTimestamp - MARGIN : now() + left / 2;
      kept = { token, renewAt, endsAt: expiresOnTimestamp };
      return token;
    } catch (error) {
      if (kept && now() < kept.endsAt) return kept.token;
      throw error;
    } finally {
      asking = undefined;
    }
  };
  return async () => (kept && now() < kept.renewAt ? kept.token : (asking ??= ask()));
}
