/** Cross-origin answers for the origins in local.settings.json (Host.CORS), as in Core Tools. */
import { sameName } from '../caseInsensitive.js';
import { empty, type Answer } from './answer.js';
import type { Incoming } from './incoming.js';

export interface Cors {
  /** The answer to a preflight request of an allowed origin; undefined for other requests. */
  preflight(request: Incoming): Answer | undefined;
  /** Headers for the answer to a request of an allowed origin. */
  headers(request: Incoming): Record<string, string>;
}

export function corsFor(origins: readonly string[], credentials: boolean): Cors {
  const allowed = (request: Incoming): string | undefined => {
    const origin = request.headers['origin'];
    if (origin === undefined) return undefined;
    if (origins.includes('*')) return credentials ? origin : '*';
    return origins.some((one) => sameName(one.replace(/\/$/, ''), origin)) ? origin : undefined;
  };
  const headers = (request: Incoming): Record<string, string> => {
    const origin = allowed(request);
    if (origin === undefined) return {};
    return {
      'access-control-allow-origin': origin,
      ...(origin === '*' ? {} : { vary: 'Origin' }),
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    };
  };
  return {
    headers,
    preflight(request) {
      const wanted = request.headers['access-control-request-method'];
      if (request.method !== 'OPTIONS' || wanted === undefined || allowed(request) === undefined) return undefined;
      const asked = request.headers['access-control-request-headers'];
      return empty(204, {
        ...headers(request),
        'access-control-allow-methods': wanted,
        ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
      });
    },
  };
}
