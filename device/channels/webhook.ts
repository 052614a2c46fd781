import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Log } from '../log.js';
import { parseDelivery, parseSignal } from './events.js';
import type { SignalHandler } from './signal.js';

export interface WebhookOptions {
  port: number;
  /** Address to listen on. */
  host: string;
  /** Where set, deliveries need it as the query parameter `key` (Azure docs: event-grid/secure-webhook-delivery). */
  key: string | undefined;
  handle: SignalHandler;
  /** What `GET /health` says beside `status`. */
  health: () => Record<string, unknown>;
  log: Log;
}

export interface Webhook {
  port: number;
  close(): Promise<void>;
}

/** Event Grid sends 1 MB at most. */
const BODY_LIMIT = 1024 * 1024;

/** Event Grid's handshake in its own schema (Azure docs: event-grid/end-point-validation-event-grid-events-schema). */
const validation = z.tuple([
  z.object({
    eventType: z.literal('Microsoft.EventGrid.SubscriptionValidationEvent'),
    data: z.object({ validationCode: z.string().min(1) }),
  }),
]);

/** Takes Event Grid deliveries of both schemas on `POST /events`. Throws when the port cannot be had. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const server = createServer((request, response) => {
    answer(request, options)
      .catch(() => ({ status: 500 }))
      .then((result) => send(response, result))
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

interface Result {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

async function answer(request: IncomingMessage, options: WebhookOptions): Promise<Result> {
  const url = URL.canParse(request.url ?? '/', 'http://agent.invalid')
    ? new URL(request.url ?? '/', 'http://agent.invalid')
    : undefined;
  if (url?.pathname === '/health' && request.method === 'GET') {
    return { status: 200, body: { status: 'ok', ...options.health() } };
  }
  if (url?.pathname !== '/events') return { status: 404 };
  if (options.key !== undefined && !sameText(url.searchParams.get('key') ?? '', options.key)) return { status: 401 };
  if (request.method === 'OPTIONS') return cloudEventsHandshake(request);
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST, OPTIONS' } };
  const body = await readBody(request);
  return body === undefined ? { status: 413, headers: { connection: 'close' } } : deliver(body, options);
}

/** CloudEvents' handshake: agree to deliveries from the origin that asks (CloudEvents 1.0, "HTTP 1.1 Web Hooks", 4). */
function cloudEventsHandshake({ headers }: IncomingMessage): Result {
  const origin = headers['webhook-request-origin'];
  if (typeof origin !== 'string') return { status: 400, body: { problem: 'WebHook-Request-Origin is missing' } };
  return { status: 200, headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } };
}

/**
 * Hands every readable signal on, then answers for the delivery as a whole: 503 when one has to come again, 400 (which Event
 * Grid does not repeat) when one can never be read.
 */
function deliver(body: string, { handle, log }: WebhookOptions): Result {
  const events = parseDelivery(body);
  if (!events) {
    log('delivery refused', { reason: 'neither CloudEvents nor Event Grid events' });
    return { status: 400, body: { problem: 'neither CloudEvents nor Event Grid events' } };
  }
  const handshake = validation.safeParse(safeJson(body));
  if (handshake.success) return { status: 200, body: { validationResponse: handshake.data[0].data.validationCode } };
  const problems: string[] = [];
  let busy = false;
  for (const event of events) {
    const signal = parseSignal(event);
    if (signal === undefined) log('event ignored', { reason: 'of a type that means nothing here' });
    else if ('problem' in signal) problems.push(signal.problem);
    else busy = handle(signal) === 'busy' || busy;
  }
  if (problems.length > 0) log('event refused', { fields: problems.join('; ') });
  if (busy) return { status: 503, headers: { 'retry-after': '30' } };
  return problems.length > 0 ? { status: 400, body: { problem: problems.join('; ') } } : { status: 200 };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function send(response: ServerResponse, { status, headers = {}, body }: Result): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers });
  response.end(text);
}
