/** The built-in activity behind callHttp (public source: TaskHttpActivityShim.cs of the Durable Task extension). */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import type { DurableHttpRequest } from '../replay/actions.js';
import { CookieJar } from './cookieJar.js';
import { HttpRequestFormError, requestHeaders } from './requestHeaders.js';
import { responseHeaders } from './responseHeaders.js';
import { bodyText } from './bodyText.js';

/** Maximum milliseconds to wait for an answer: the default of .NET's HttpClient. */
const timeoutMs = 100_000;

/** Maximum redirects that are followed. The answer after that is returned as it is. */
const maxRedirects = 50;

/** The request failed before there was an answer. The message is .NET's in common cases. */
export class HttpActivityError extends Error {
  override readonly name = 'HttpActivityError';

  /** @param inner whose exception is inside .NET's: the connection's, or that of the answer that broke off */
  constructor(
    message: string,
    readonly inner?: 'socket' | 'answer',
  ) {
    super(message);
  }
}

interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer | undefined;
}

const jar = new CookieJar();
// A connection that is kept could be closed by its peer at the moment of the next request, which would fail.
const agents = { http: new HttpAgent(), https: new HttpsAgent() };

/**
 * Sends the request and follows redirects. Returns `{statusCode, headers, content}` as JSON text, for any status.
 * @throws HttpActivityError if there was no answer, HttpRequestFormError if .NET could not make the request
 */
export async function sendDurableHttp(input: DurableHttpRequest): Promise<string> {
  if (input.tokenSource !== undefined && input.tokenSource !== null)
    throw new HttpActivityError(
      'ManagedIdentityCredential authentication unavailable. No managed identity endpoint found.',
    );
  const { content } = input;
  const body = content === undefined || content === null ? undefined : Buffer.from(content);
  const headers = requestHeaders(input, body?.length);
  let exchange: Exchange = { url: addressOf(input.uri), method: input.method.toUpperCase(), headers, body };
  let response = await send(exchange);
  for (let count = 0; count < maxRedirects; count += 1) {
    const next = redirected(exchange, response);
    if (next === undefined) break;
    response.resume();
    exchange = next;
    response = await send(exchange);
  }
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return JSON.stringify({
    statusCode: response.statusCode ?? 0,
    headers: responseHeaders(response.rawHeaders),
    content: bodyText(Buffer.concat(parts), response.headers['content-type']),
  });
}

function addressOf(uri: string): URL {
  if (!URL.canParse(uri))
    throw new HttpRequestFormError(
      'System.InvalidOperationException',
      'An invalid request URI was provided. Either the request URI must be an absolute URI or BaseAddress must be set.',
    );
  const url = new URL(unescaped(uri));
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new HttpRequestFormError(
      'System.NotSupportedException',
      `The '${url.protocol.slice(0, -1)}' scheme is not supported.`,
    );
  return url;
}

/** .NET's Uri decodes characters that need no escape. */
const unescaped = (uri: string): string =>
  uri.replace(/%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi, (escape) => decodeURIComponent(escape));

/**
 * The request after a redirect; undefined if there is none, or it leads from https to http (public source:
 * RedirectHandler.cs).
 */
function redirected({ url, method, headers, body }: Exchange, response: IncomingMessage): Exchange | undefined {
  const { location } = response.headers;
  const status = response.statusCode ?? 0;
  if (![300, 301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, url.href)) return undefined;
  const next = new URL(location, url);
  const isSafe = next.protocol === 'https:' || (next.protocol === 'http:' && url.protocol === 'http:');
  if (!isSafe) return undefined;
  if (next.hash === '') next.hash = url.hash;
  const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST';
  const dropped = new Set([
    'authorization',
    ...(becomesGet ? ['content-type', 'content-length', 'transfer-encoding'] : []),
  ]);
  const kept = new Map([...headers].filter(([name]) => !dropped.has(name.toLowerCase())));
  return becomesGet
    ? { url: next, method: 'GET', headers: kept, body: undefined }
    : { url: next, method, headers: kept, body };
}

function send({ url, method, headers, body }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if ([...headers.values()].some((value) => /[\u0080-\uffff]/.test(value)))
      throw new HttpActivityError('Request headers must contain only ASCII characters.');
    const isSecure = url.protocol === 'https:';
    const make = isSecure ? httpsRequest : httpRequest;
    const agent = isSecure ? agents.https : agents.http;
    const request = make(url, { method, agent, timeout: timeoutMs });
    for (const [name, value] of headers) request.setHeader(name, value);
    const cookies = jar.headerFor(url, Date.now());
    if (cookies !== undefined && !request.hasHeader('cookie')) request.setHeader('Cookie', cookies);
    // .NET sends none of its own.
    if (![...headers.keys()].some((name) => name.toLowerCase() === 'connection')) request.removeHeader('connection');
    request.on('response', (response) => {
      jar.take(response.headers['set-cookie'] ?? [], url, Date.now());
      resolve(response);
    });
    request.on('timeout', () =>
      request.destroy(
        new Error('The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.'),
      ),
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      const inner = error.code === 'ECONNRESET' ? 'answer' : error.code === undefined ? undefined : 'socket';
      reject(new HttpActivityError(messageOf(error, url), inner));
    });
    request.end(body);
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
