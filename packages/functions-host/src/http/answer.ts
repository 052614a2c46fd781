/** Answers of the host, and how they are written to node:http. */
import { sameName } from '../caseInsensitive.js';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is passed on as it arrives. */
  readonly body?: string | Buffer | Readable;
}

/** An answer without a body. */
export const empty = (status: number, headers: Answer['headers'] = {}): Answer => ({ status, headers });

/** JSON as ASP.NET Core sends it. */
export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

/** The refusal of a route that needs a key. */
export const refused = (status: 401 | 403): Answer =>
  empty(status, status === 401 ? { 'www-authenticate': 'Bearer' } : {});

/** Headers of the connection. A function's own values would break the message. */
const ofTheConnection = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
]);

/** Writes an answer. Some statuses have no body. */
export function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  options: { method: string; closing: boolean },
): void {
  const noBody = answer.status === 204 || answer.status === 304;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (ofTheConnection.has(name.toLowerCase()) || (answer.status === 304 && sameName(name, 'content-type'))) continue;
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (options.closing) response.setHeader('connection', 'close');
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status);
    // If a function breaks off in the middle, the answer breaks off too, so that the caller notices.
    pipeline(answer.body, response).catch(() => response.destroy());
    return;
  }
  const body = noBody ? Buffer.alloc(0) : Buffer.from(answer.body ?? '');
  if (!noBody) response.setHeader('content-length', body.length);
  response.writeHead(answer.status);
  response.end(options.method === 'HEAD' ? undefined : body);
}
