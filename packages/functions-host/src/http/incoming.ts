/** An HTTP request as the host reads it from node:http. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';

import { decodePath, decodeRun } from './path.js';

/**
 * Default of FUNCTIONS_REQUEST_BODY_SIZE_LIMIT in bytes (Azure docs: functions-bindings-http-webhook-trigger,
 * "Limits").
 */
export const defaultBodyLimit = 104_857_600;

/** The body exceeds the limit. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';

  constructor(limit: number) {
    super(`Request body too large. The max request body size is ${limit} bytes.`);
  }
}

export interface Incoming {
  readonly method: string;
  /** Percent-decoded, except `%2F`. */
  readonly path: string;
  /** As sent. */
  readonly rawPath: string;
  /** With its question mark, or empty. */
  readonly search: string;
  /**
   * Names in lower case, values of repeated names joined by a comma and decoded; empty ones are left out of the list.
   */
  readonly query: ReadonlyMap<string, string>;
  /** The same, with each name as it was written the second time, or the only time. */
  readonly queryAsWritten: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  /** The declared length; undefined for a chunked or absent body. */
  readonly contentLength: number | undefined;
  /**
   * Reads the body once. Later calls return the same bytes.
   * @throws BodyTooLargeError
   */
  body(): Promise<Buffer>;
  /** Maximum size of a body in bytes. */
  readonly bodyLimit: number;
  /** The body as a stream, which cannot be combined with `body`. It fails with BodyTooLargeError at the limit. */
  stream(): Readable;
}

/** Limits of the real host's web server (Microsoft docs: Kestrel options). */
const limits = { requestLine: 8192, headers: 100 };

/** The status of a request that the web server refuses before anybody sees it; undefined if it accepts it. */
function refusedStatus({ method = '', url = '', rawHeaders }: IncomingMessage): 400 | 414 | 431 | undefined {
  if (`${method} ${url} HTTP/1.1\r\n`.length > limits.requestLine) return 414;
  if (rawHeaders.length / 2 > limits.headers) return 431;
  return rawHeaders.some((text) => utf8Of(text) === undefined) ? 400 : undefined;
}

/** Header bytes, which node reads as Latin-1, as UTF-8; undefined if they are not. */
function utf8Of(text: string): string | undefined {
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Parses a request, or gives the status with which the web server refuses it. */
export function incoming(request: IncomingMessage, bodyLimit: number): Incoming | 400 | 414 | 431 {
  const refused = refusedStatus(request);
  if (refused !== undefined) return refused;
  const target = request.url ?? '/';
  const absolute = /^https?:\/\/[^/]*/i.exec(target)?.[0].length ?? 0;
  const question = target.indexOf('?');
  const rawPath = target.slice(absolute, question < 0 ? undefined : question) || '/';
  const path = decodePath(rawPath);
  if (path === undefined) return 400;
  const search = question < 0 ? '' : target.slice(question).replaceAll('#', '%23');
  const headers = headersOf(request.rawHeaders);
  if (!isHost(headers['host'] ?? '')) return 400;
  const length = Number(headers['content-length']);
  let read: Promise<Buffer> | undefined;
  return {
    method: request.method ?? 'GET',
    path,
    rawPath,
    search,
    ...queryOf(search),
    headers,
    host: headers['host'] ?? 'localhost',
    contentLength: headers['content-length'] === undefined || Number.isNaN(length) ? undefined : length,
    body: () => (read ??= readBody(request, bodyLimit)),
    bodyLimit,
    stream: () => request.pipe(new Bounded(bodyLimit)),
  };
}

/** As Kestrel reads it: a name or an address in brackets, with or without a port. An empty host is accepted here. */
function isHost(host: string): boolean {
  return /^(?:[A-Za-z0-9!$&'()\-._~]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/.test(host);
}

/** Passes on a limited number of bytes, without keeping them. */
class Bounded extends Transform {
  #left: number;

  constructor(private readonly limit: number) {
    super();
    this.#left = limit;
  }

  override _transform(part: Buffer, _: BufferEncoding, done: (error: Error | null, part?: Buffer) => void): void {
    this.#left -= part.length;
    if (this.#left < 0) done(new BodyTooLargeError(this.limit));
    else done(null, part);
  }
}

function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = utf8Of(raw[i + 1] ?? '') ?? '';
    // Of a repeated header, .NET leaves empty values out.
    const before = headers[name] ?? '';
    headers[name] = before === '' || value === '' ? before + value : `${before},${value}`;
  }
  return headers;
}

function queryOf(search: string): Pick<Incoming, 'query' | 'queryAsWritten'> {
  const values = new Map<string, string[]>();
  const writtenAs = new Map<string, string>();
  for (const part of search.slice(1).split('&')) {
    if (part === '') continue;
    const [name, value] = halves(part);
    const key = name.toLowerCase();
    const before = values.get(key) ?? [];
    values.set(key, [...before, value]);
    if (before.length < 2) writtenAs.set(key, name);
  }
  const query = new Map([...values].map(([key, all]) => [key, all.filter((value) => value !== '').join(',')]));
  const queryAsWritten = Object.fromEntries([...query].map(([key, value]) => [writtenAs.get(key) ?? key, value]));
  return { query, queryAsWritten };
}

function halves(part: string): [name: string, value: string] {
  const equals = part.indexOf('=');
  return equals < 0 ? [decoded(part), ''] : [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
}

/** Bytes that are not UTF-8 stay escaped. */
const decoded = (text: string): string =>
  text.replaceAll('+', ' ').replace(/(?:%[\da-f]{2})+/gi, (run) => decodeRun(run));

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw new BodyTooLargeError(limit);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new BodyTooLargeError(limit);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
