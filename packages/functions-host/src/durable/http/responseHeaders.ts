/** The headers of an answer to callHttp as .NET's HttpResponseMessage has them. */
import { sameName } from '../../caseInsensitive.js';

/** Headers that .NET treats as content headers. An answer in a history omits them. */
export const contentHeaders = new Set([
  'allow',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'expires',
  'last-modified',
]);

/** .NET's spelling of headers that it knows (public source: KnownHeaders.cs). */
const knownHeaders = new Map(
  [
    'Accept-Ranges',
    'Access-Control-Allow-Credentials',
    'Access-Control-Allow-Headers',
    'Access-Control-Allow-Methods',
    'Access-Control-Allow-Origin',
    'Access-Control-Expose-Headers',
    'Age',
    'Alt-Svc',
    'Cache-Control',
    'Connection',
    'Date',
    'ETag',
    'Keep-Alive',
    'Link',
    'Location',
    'P3P',
    'Pragma',
    'Proxy-Authenticate',
    'Retry-After',
    'Server',
    'Set-Cookie',
    'Strict-Transport-Security',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Vary',
    'Via',
    'WWW-Authenticate',
    'Warning',
    'X-AspNet-Version',
    'X-Content-Type-Options',
    'X-Frame-Options',
    'X-Powered-By',
    'X-Request-ID',
    'X-XSS-Protection',
  ].map((name) => [name.toLowerCase(), name]),
);

/** Known headers whose values .NET splits at commas. */
const lists = new Set(
  ['Accept-Ranges', 'Connection', 'Pragma', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Vary', 'Via'].map((name) =>
    name.toLowerCase(),
  ),
);

/** Names as sent, known ones in .NET's spelling. A header with several values has a list. */
export function responseHeaders(raw: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index < raw.length; index += 2) {
    const sent = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const key = sent.toLowerCase();
    if (contentHeaders.has(key)) continue;
    const name = knownHeaders.get(key) ?? sent;
    const same = Object.keys(headers).find((known) => sameName(known, name)) ?? name;
    (headers[same] ??= []).push(...(lists.has(key) ? value.split(',').map((one) => one.trim()) : [value]));
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
