import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseQuery, type ApiReply, type ApiRequest } from './message.js';

/** Answers one request; `'drop'` closes the connection without an answer. It must not reject. */
export type Answer = (request: ApiRequest) => Promise<ApiReply | 'drop'>;

/** Larger than the largest body that any service here accepts (Event Grid: 1 MB per request). */
const LARGEST_BODY = 4 * 1024 * 1024;

/**
 * Listens on 127.0.0.1 with TLS and converts every request to {@link ApiRequest}.
 *
 * @param port 0 takes a free one
 * @throws EADDRINUSE if the port is taken
 */
export async function listen(
  tls: { cert: string; key: string },
  port: number,
  answer: Answer,
): Promise<{ server: Server; port: number; close(): Promise<void> }> {
  const server = createServer({ ...tls, keepAliveTimeout: 65_000 }, (message, response) => {
    void serve(message, response, answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

async function serve(message: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
    }
  } catch {
    response.destroy();
    return;
  }
  const id = randomUUID();
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const reply: ApiReply | 'drop' =
    size > LARGEST_BODY
      ? { status: 413, body: { error: { code: 'RequestEntityTooLarge', message: 'The request body is too large.' } } }
      : await answer({
          method: message.method ?? 'GET',
          path: mark < 0 ? url : url.slice(0, mark),
          query: parseQuery(mark < 0 ? '' : url.slice(mark + 1)),
          headers: message.headers,
          body: Buffer.concat(chunks),
          params: {},
          id,
        });
  if (reply === 'drop') message.socket.destroy();
  else send(message, response, reply, id);
}

function send(message: IncomingMessage, response: ServerResponse, reply: ApiReply, id: string): void {
  const text = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  const contentType = typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const correlation = message.headers['x-ms-correlation-request-id'];
  response.writeHead(reply.status, {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-content-type-options': 'nosniff',
    'x-ms-request-id': id,
    'x-ms-correlation-request-id': typeof correlation === 'string' ? correlation : id,
    ...(text === '' ? {} : { 'content-type': contentType }),
    ...(reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...reply.headers,
  });
  response.end(message.method === 'HEAD' ? undefined : text);
}
