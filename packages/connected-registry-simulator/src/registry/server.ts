import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CONTROL_PATH, control } from '../control/routes.js';
import type { ControlContext } from '../control/routes.js';
import { childSync } from '../gateway/childSync.js';
import type { GatewayContext } from '../gateway/childSync.js';
import type { Log } from '../log.js';
import { errorReply } from './errors.js';
import { BodyTooLarge } from './exchange.js';
import type { RegistryContext, RegistryRequest, Reply } from './exchange.js';
import { logAnswer } from './requestLog.js';
import { route } from './routes.js';

/** Everything that is served on the one port. */
export interface ServerContext {
  registry: RegistryContext;
  gateway: GatewayContext;
  control: ControlContext;
}

/** The registry over plain http, like the quickstart's connected registry on port 8000. */
export function createRegistryServer(context: ServerContext, log: Log): Server {
  const server = createServer((message, response) => {
    void answer(message, context, log).then((reply) => send(message, response, reply));
  });
  server.requestTimeout = 120_000;
  return server;
}

async function answer(message: IncomingMessage, context: ServerContext, log: Log): Promise<Reply> {
  const request = readRequest(message);
  if (!request) {
    const reply = errorReply(400, 'UNSUPPORTED', 'the request cannot be read');
    log('refused', { method: message.method ?? '', status: reply.status, ...reply.noted });
    return reply;
  }
  if (request.path.startsWith(CONTROL_PATH)) return answered(request, log, () => control(request, context.control));
  const isSync = request.path.startsWith('/gateway/');
  const reply = await answered(request, log, () =>
    isSync ? childSync(request, context.gateway) : route(request, context.registry),
  );
  // A successful sync is logged by the registry that syncs.
  if (!isSync || reply.status >= 400) logAnswer(request, reply, log);
  return reply;
}

async function answered(request: RegistryRequest, log: Log, act: () => Promise<Reply> | Reply): Promise<Reply> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof BodyTooLarge) return errorReply(413, 'UNSUPPORTED', 'the request body is too large');
    log('request failed', { method: request.method, path: request.path, error: String(error) });
    return errorReply(500, 'UNSUPPORTED', 'internal error');
  }
}

function readRequest(message: IncomingMessage): RegistryRequest | undefined {
  const host = message.headers.host ?? '';
  // The host is repeated in the challenge, so it may contain only a host and a port.
  if (!/^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9a-fA-F:]+\](:\d+)?$/.test(host)) return undefined;
  try {
    const url = new URL(message.url ?? '/', 'http://registry.invalid');
    return {
      method: message.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: message.headers,
      host,
      bytes: (limit) => readBody(message, limit),
    };
  } catch {
    return undefined;
  }
}

async function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) throw new BodyTooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function send(message: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'docker-distribution-api-version': 'registry/2.0',
    'x-ms-correlation-request-id': randomUUID(),
    ...(reply.status === 413 && { connection: 'close' }),
    ...reply.headers,
  });
  response.end(message.method === 'HEAD' ? undefined : reply.body);
}
