import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The status in `GET /health` of an agent with work that does not end. */
export const HANGING = 'hanging';

/** An answer of the agent's own HTTP listener. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface ListenerOptions {
  port: number;
  /** Address to listen on. */
  host: string;
  /** What `GET /health` says; with {@link HANGING} as its status, by a 503, so that whoever watches it starts the agent anew. */
  health: () => Record<string, unknown>;
  /** Answers `/events`, where events come in by HTTP. */
  events?: (request: IncomingMessage, url: URL) => Promise<Reply>;
}

export interface Listener {
  port: number;
  close(): Promise<void>;
}

/** Serves `GET /health`, and `/events` for a channel that needs it. Throws when the port cannot be had. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const server = createServer((request, response) => {
    answer(request, options)
      .catch(() => ({ status: 500 }))
      .then((reply) => send(response, reply))
      .catch(() => response.destroy());
  });
  server.requestTimeout = 30_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, { health, events }: ListenerOptions): Promise<Reply> {
  const target = request.url ?? '/';
  const url = URL.canParse(target, 'http://agent.invalid') ? new URL(target, 'http://agent.invalid') : undefined;
  if (url?.pathname === '/health') {
    if (request.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    const body = health();
    return { status: body['status'] === HANGING ? 503 : 200, body };
  }
  return url?.pathname === '/events' && events ? events(request, url) : { status: 404 };
}

function send(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers });
  response.end(text);
}
