/** The built-in activity behind callHttp (public source: TaskHttpActivityShim.cs of the Durable Task extension). */
import { sameName } from '../../caseInsensitive.js';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { DurableHttpRequest } from '../replay/actions.js';

/** Maximum milliseconds to wait for an answer: the default of .NET's HttpClient. */
const timeoutMs = 100_000;

/** Headers that .NET treats as content headers. An answer in a history omits them. */
const contentHeaders = new Set([
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

/** The request failed before there was an answer. The message is .NET's in common cases. */
export class HttpActivityError extends Error {
  override readonly name = 'HttpActivityError';
}

/**
 * Sends the request. Returns `{statusCode, headers, content}` as JSON text, for any status.
 * @throws HttpActivityError if there was no answer
 */
export async function sendDurableHttp(input: DurableHttpRequest): Promise<string> {
  if (input.tokenSource !== undefined && input.tokenSource !== null)
    throw new HttpActivityError(
      'ManagedIdentityCredential authentication unavailable. No managed identity endpoint found.',
    );
  const url = new URL(input.uri);
  const headers: Record<string, string> = {};
  let contentType = '';
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (sameName(name, 'content-type')) contentType = value;
    else headers[name] = value;
  }
  if (contentType.includes('multipart'))
    throw new HttpActivityError('Multipart content is not supported with CallHttpAsync.');
  const content = input.content ?? undefined;
  if (content !== undefined) headers['Content-Type'] = contentType === '' ? 'text/plain' : contentType;
  const response = await send(url, input.method, headers, content);
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return JSON.stringify({
    statusCode: response.statusCode ?? 0,
    headers: headersOf(response),
    content: Buffer.concat(parts).toString('utf8'),
  });
}

function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  content: string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = make(url, { method, headers, timeout: timeoutMs }, resolve);
    request.on('timeout', () =>
      request.destroy(
        new Error('The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.'),
      ),
    );
    request.on('error', (error: NodeJS.ErrnoException) => reject(new HttpActivityError(messageOf(error, url))));
    request.end(content);
  });
}

function messageOf(error: NodeJS.ErrnoException, url: URL): string {
  const place = `(${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port})`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `Connection refused ${place}`;
    case 'ENOTFOUND':
      return `Name or service not known ${place}`;
    case 'EAI_AGAIN':
      return `Resource temporarily unavailable ${place}`;
    case 'ECONNRESET':
      return 'An error occurred while sending the request.';
    default:
      return error.message;
  }
}

/** Names as sent, with the values of repeated headers joined. */
function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    const sent = response.rawHeaders[index] ?? '';
    const name = knownHeaders.get(sent.toLowerCase()) ?? sent;
    const value = response.rawHeaders[index + 1] ?? '';
    if (contentHeaders.has(name.toLowerCase())) continue;
    const same = Object.keys(headers).find((known) => sameName(known, name)) ?? name;
    headers[same] = headers[same] === undefined ? value : `${headers[same]},${value}`;
  }
  return headers;
}
