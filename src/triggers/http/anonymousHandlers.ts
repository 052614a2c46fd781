import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { audit } from '../../audit/audit.js';
import { guarded, type HttpHandler } from './guarded.js';
import { callerNetwork, RateLimit } from './requests/rateLimit.js';
import { tooManyRequests } from './answers/problem.js';

/** Audit lines a minute about one address that floods the app, so that its requests do not flood the log. */
const LINES_PER_MINUTE = 1;

/** Limits requests of anonymous callers: to routes without authentication, and of callers refused as operators. */
export class AnonymousLimit {
  private readonly byAddress: RateLimit;
  private readonly lines = new RateLimit(LINES_PER_MINUTE);

  /** @param perMinute requests that one instance accepts from one address a minute, over all routes */
  constructor(perMinute: number) {
    this.byAddress = new RateLimit(perMinute);
  }

  /** Reads only the request's address. @returns the answer to a request over the limit; undefined if it may pass */
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
 * Wraps the handlers of routes without a host key. They share one limit, which applies before anything but the address
 * of a request is read.
 * @returns a function that wraps a handler; `actor`: the actor in the audit
 */
export function anonymousHandlers(limit: AnonymousLimit) {
  return (handler: HttpHandler, actor: string) =>
    guarded(async (request, client) => limit.refusal(request) ?? handler(request, client), actor);
}

function routeOf({ url }: Pick<HttpRequest, 'url'>): string {
  return new URL(url).pathname.slice(0, 200);
}
