import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { PageSignIn } from '../../../settings/config.js';
import type { anonymousHandlers } from '../anonymousHandlers.js';
import { PAGE_HEADERS } from './pageHeaders.js';

/** A file of the page as it is sent. */
interface SentFile {
  readonly type: string;
  readonly text: string;
  readonly compressed: Uint8Array;
  readonly etag: string;
  readonly cacheControl: string;
}

/** Names have a hash of their content. */
const FOREVER = 'public, max-age=31536000, immutable';
/** The document has one name for all contents, so a browser asks each time, and gets 304 if it has the latest. */
const ASK_FIRST = 'no-cache';

/**
 * The route of the fleet page. It is open to everybody: the page holds nothing about an installation, and asks the
 * other routes as the operator who looks at it. It is no part of the API, and so not in the OpenAPI document.
 *
 * @param anonymous wraps handlers of routes without a host key
 */
export function fleetPageRoute(signIn: PageSignIn, anonymous: ReturnType<typeof anonymousHandlers>) {
  return {
    // The last parameter may be empty, so this is /api/ui, too.
    route: 'ui/{*file}',
    methods: ['GET' as const],
    authLevel: 'anonymous' as const,
    handler: anonymous(getFleetPage(signIn), 'anybody'),
  };
}

/**
 * `GET /api/ui`: the fleet page's document; `GET /api/ui/{file}`: what it names. Nothing is read before the first
 * request, which loads and compresses the built page once for all.
 */
export function getFleetPage(signIn: PageSignIn): (request: HttpRequest) => Promise<HttpResponseInit> {
  let files: Promise<ReadonlyMap<string, SentFile>> | undefined;
  return async (request) => {
    files ??= loadPage(signIn);
    const name = request.params['file'] ?? '';
    // The document names its files relative to /api/ui, without a slash at the end.
    if (name === '' && new URL(request.url).pathname.endsWith('/'))
      return { status: 308, headers: { ...PAGE_HEADERS, location: '../ui' } };
    const file = (await files).get(name);
    return file === undefined ? { status: 404 } : answer(file, request);
  };
}

async function loadPage(signIn: PageSignIn): Promise<ReadonlyMap<string, SentFile>> {
  const { assets, documentText } = await import('@connected-registry/ui/page/assets');
  const html = documentText.replace('{signIn}', signIn);
  return new Map([
    sentFile('', { type: 'text/html; charset=utf-8', text: html, cacheControl: ASK_FIRST }),
    ...assets.map(({ name, type, text }) => sentFile(name, { type, text, cacheControl: FOREVER })),
  ]);
}

function sentFile(name: string, file: Pick<SentFile, 'type' | 'text' | 'cacheControl'>): [string, SentFile] {
  const compressed = gzipSync(file.text, { level: 9 });
  const etag = `"${createHash('sha256').update(file.text).digest('base64url').slice(0, 22)}"`;
  return [name, { ...file, compressed, etag }];
}

function answer({ type, text, compressed, etag, cacheControl }: SentFile, { headers }: HttpRequest): HttpResponseInit {
  const shared = { ...PAGE_HEADERS, etag, 'cache-control': cacheControl, vary: 'accept-encoding' };
  if (names(headers.get('if-none-match'), etag)) return { status: 304, headers: shared };
  const isCompressed = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers.get('accept-encoding') ?? '');
  return {
    status: 200,
    headers: { ...shared, 'content-type': type, ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) },
    body: isCompressed ? compressed : text,
  };
}

/** Whether `If-None-Match` names this ETag. A proxy that compresses marks it as weak (RFC 9110, 13.1.2). */
function names(header: string | null, etag: string): boolean {
  return (header ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
