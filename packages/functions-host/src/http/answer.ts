/** Answers of the host, and how they are written to node:http. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is passed on as it arrives. */
  readonly body?: string | Buffer | Readable;
  /**
   * Where the real host breaks an answer off: after the body, which is shorter than declared (`cut`), or after the
   * headers, so that the caller waits (`open`).
   */
  readonly breaks?: 'cut' | 'open';
}

/** ASP.NET Core's reason phrases where they are not node's. A status without a phrase has none. */
const reasons: Readonly<Record<number, string>> = { 418: "I'm a teapot", 499: 'Client Closed Request' };

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

/** Headers of the connection, which the web server sets. A function's own values would break the message. */
const ofTheConnection = new Set(['transfer-encoding', 'connection', 'keep-alive']);

/** Writes an answer. Some statuses have no body. A body goes out in chunks unless its length was declared. */
export function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  options: { method: string; closing: boolean },
): void {
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    if (!ofTheConnection.has(name.toLowerCase()))
      response.setHeader(name, typeof value === 'string' ? value : [...value]);
  if (options.closing) response.setHeader('connection', 'close');
  const reason = reasons[answer.status] ?? STATUS_CODES[answer.status] ?? '';
  if (answer.body instanceof Readable) {
    response.writeHead(answer.status, reason);
    // If a function breaks off in the middle, the answer breaks off too, so that the caller notices.
    pipeline(answer.body, response).catch(() => response.destroy());
    return;
  }
  const mayHaveBody = answer.status !== 204 && answer.status !== 304;
  const body = Buffer.from(mayHaveBody ? (answer.body ?? '') : '');
  if (body.length === 0 && mayHaveBody && options.method !== 'HEAD') response.setHeader('content-length', 0);
  response.writeHead(answer.status, reason);
  if (answer.breaks === 'open') response.flushHeaders();
  else if (answer.breaks === 'cut') response.write(body, () => response.destroy());
  else response.end(options.method === 'HEAD' ? undefined : body);
}
