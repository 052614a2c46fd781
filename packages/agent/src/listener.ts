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
  /** The address to listen on. */
  host: string;
  /**
   * The content of `GET /health`. With the status {@link HANGING} it is sent with 503, so that the platform restarts
   * the agent.
   */
  health: () => Record<string, unknown>;
  /** Handles `/events` for a channel that receives events over HTTP. */
  events?: (request: IncomingMessage, url: URL) => Promise<Reply>;
}

export interface Listener {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `GET /health`, and `/events` for a channel that needs it.
 * @throws if the port is not available
 */
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
