import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { audit } from '../../ports/audit.js';
import { guarded } from './guarded.js';
import { callerNetwork, RateLimit } from './rateLimit.js';
import { tooManyRequests } from './tooManyRequests.js';

type Handler = (request: HttpRequest, client: DurableClient) => Promise<HttpResponseInit>;

/** Audit lines about one address that floods, in a minute: a line for each of its requests would be a flood of the log. */
const LINES_PER_MINUTE = 1;

/**
 * The handlers of routes that anybody may call, with no key of the host's: all of them behind one limit together, and guarded. The limit counts before anything of the request is looked at but its address.
 * @param perMinute requests that one instance takes from one address in a minute, over all of these routes.
 */
export function anonymousHandlers(perMinute: number) {
  const byAddress = new RateLimit(perMinute);
  const lines = new RateLimit(LINES_PER_MINUTE);
  return (handler: Handler, actor: string) =>
    guarded(async (request, client) => {
      const address = callerNetwork(request.headers.get('x-forwarded-for'));
      const pause = byAddress.take(address, Date.now());
      if (pause === undefined) return handler(request, client);
      if (lines.take(address, Date.now()) === undefined)
        audit('anonymous.admit.refused', { resource: routeOf(request), reason: 'too-many-requests' });
      return tooManyRequests(pause);
    }, actor);
}

function routeOf({ url }: HttpRequest): string {
  return new URL(url).pathname.slice(0, 200);
}
