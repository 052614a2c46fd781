import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { audit } from '../../audit/audit.js';
import { guarded } from './guarded.js';
import { callerNetwork, RateLimit } from './requests/rateLimit.js';
import { tooManyRequests } from './answers/tooManyRequests.js';

type Handler = (request: HttpRequest, client: DurableClient) => Promise<HttpResponseInit>;

/** Audit lines about one address that floods, in a minute: a line for each of its requests would be a flood of the log. */
const LINES_PER_MINUTE = 1;

/** Counts what anonymous callers send: those of the routes that anybody may call, and those who are refused as operators. */
export class AnonymousLimit {
  private readonly byAddress: RateLimit;
  private readonly lines = new RateLimit(LINES_PER_MINUTE);

  /** @param perMinute requests that one instance takes from one address in a minute, over all routes. */
  constructor(perMinute: number) {
    this.byAddress = new RateLimit(perMinute);
  }

  /** @returns the refusal of one too many; undefined where it may pass. Looks at nothing of it but its address. */
  refusal(request: Pick<HttpRequest, 'headers' | 'url'>): HttpResponseInit | undefined {
    const address = callerNetwork(request.headers.get('x-forwarded-for'));
    const pause = this.byAddress.take(address, Date.now());
    if (pause === undefined) return undefined;
    if (this.lines.take(address, Date.now()) === undefined)
      audit('anonymous.admit.refused', { resource: routeOf(request), reason: 'too-many-requests' });
    return tooManyRequests(pause);
  }
}

/**
 * The handlers of routes that anybody may call, with no key of the host's: all of them behind one limit together, and
 * guarded. The limit counts before anything of the request is looked at but its address.
 */
export function anonymousHandlers(limit: AnonymousLimit) {
  return (handler: Handler, actor: string) =>
    guarded(async (request, client) => limit.refusal(request) ?? handler(request, client), actor);
}

function routeOf({ url }: Pick<HttpRequest, 'url'>): string {
  return new URL(url).pathname.slice(0, 200);
}
