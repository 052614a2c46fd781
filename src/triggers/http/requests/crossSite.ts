import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { problem } from '../answers/problem.js';

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * What browsers say of a request from a page of the app itself, and of one that no page has sent. Source: W3C Fetch
 * Metadata Request Headers, 2.3. Another host of the same site is not the app.
 */
const OWN_SITES = ['same-origin', 'none'];

/** Host of the address that the caller has used, by the platform and by a proxy in front of it. */
const HOST_HEADERS = ['host', 'x-forwarded-host'];

/** Media types of the bodies that operators' routes read. */
const READABLE = /^\s*(?:application\/(?:[\w.+-]+\+)?json|text\/csv)\s*(?:;|$)/i;

type Request = Pick<HttpRequest, 'headers' | 'method' | 'url'>;

/**
 * Refuses a request of a browser that would change something, unless a page of the app sent it: with App Service
 * authentication a browser sends its cookie along, whichever page makes it send the request. Tools send none of these
 * headers, and pass. It reads the headers alone.
 *
 * @returns the refusal; undefined if the request may pass
 */
export function crossSiteRefusal(request: Request): HttpResponseInit | undefined {
  if (SAFE_METHODS.includes(request.method)) return undefined;
  const site = request.headers.get('sec-fetch-site');
  // Pages cannot write this header, and a proxy may have changed the host.
  const isOwn = site === null ? isOwnOrigin(request) : OWN_SITES.includes(site.trim().toLowerCase());
  return isOwn ? undefined : crossSite();
}

/** Older browsers, and all on plain HTTP, send the origin alone. A page without an origin sends `null`. */
function isOwnOrigin({ headers, url }: Request): boolean {
  const origin = headers.get('origin');
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  if (host === '') return false;
  // Several proxies in a row make a list, of which the first is what the browser has used.
  const named = HOST_HEADERS.flatMap((name) => headers.get(name)?.split(',') ?? []);
  return [new URL(url).host, ...named.map((name) => hostOf(protocol, name.trim()))].includes(host);
}

/** A host of a header as an origin has it: in lower case, without the default port of the protocol. */
function hostOf(protocol: string, named: string): string | undefined {
  const address = `${protocol}//${named}`;
  return URL.canParse(address) ? new URL(address).host : undefined;
}

/** Refuses a body of a media type that no route reads. A request without the header passes: it may have no body. */
export function mediaTypeRefusal({ headers, method }: Request): HttpResponseInit | undefined {
  const type = headers.get('content-type');
  if (SAFE_METHODS.includes(method) || type === null || READABLE.test(type)) return undefined;
  return problem({
    status: 415,
    code: 'unsupported-media-type',
    title: 'The body has a media type that is not read.',
    detail:
      'Send Content-Type: application/json, or text/csv where the route takes rows of a table. Nothing was read or started.',
  });
}

function crossSite(): HttpResponseInit {
  return problem({
    status: 403,
    code: 'cross-site-request',
    title: 'The request comes from another site.',
    detail:
      'A browser may send requests that change something from pages of this app only. Nothing was read or started. Tools omit the headers Origin and Sec-Fetch-Site.',
  });
}
