import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { isBinaryMode, parseBinaryEnvelope } from '@connected-registry/protocol/messages/eventEnvelope';
import type { Reply } from '../listener.js';
import type { Log } from '../log.js';
import { parseDelivery, parseSignal } from './events.js';
import type { ReceivedEvent } from './events.js';
import type { SignalHandler } from './channel.js';

export interface WebhookOptions {
  /** If set, deliveries must have it as the query parameter `key` (Azure docs: event-grid/secure-webhook-delivery). */
  key: string | undefined;
  handle: SignalHandler;
  log: Log;
}

/** Maximum size of an Event Grid delivery is 1 MB. */
const BODY_LIMIT = 1024 * 1024;

/** Event Grid's handshake in its own schema (Azure docs: event-grid/end-point-validation-event-grid-events-schema). */
const validation = z.object({
  type: z.literal('Microsoft.EventGrid.SubscriptionValidationEvent'),
  data: z.object({ validationCode: z.string().min(1) }),
});

/** Handles Event Grid deliveries in both schemas. */
export function webhook(options: WebhookOptions): (request: IncomingMessage, url: URL) => Promise<Reply> {
  seenSecrets.keep(options.key);
  return async (request, url) => {
    if (options.key !== undefined && !sameText(url.searchParams.get('key') ?? '', options.key)) return { status: 401 };
    if (request.method === 'OPTIONS') return cloudEventsHandshake(request);
    if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST, OPTIONS' } };
    const body = await readBody(request);
    if (body === undefined) return { status: 413, headers: { connection: 'close' } };
    return isBinaryMode(request.headers)
      ? take([parseBinaryEnvelope(request.headers, body)], options)
      : deliver(body, options);
  };
}

/** CloudEvents' handshake: accepts deliveries from the origin that asks (CloudEvents 1.0, "HTTP 1.1 Web Hooks", 4). */
function cloudEventsHandshake({ headers }: IncomingMessage): Reply {
  const origin = headers['webhook-request-origin'];
  if (typeof origin !== 'string') return { status: 400, body: { problem: 'WebHook-Request-Origin is missing' } };
  return { status: 200, headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } };
}

/** Handles a delivery in structured mode, which may be Event Grid's handshake. */
function deliver(body: string, options: WebhookOptions): Reply {
  const events = parseDelivery(body);
  const handshake = events?.length === 1 && validation.safeParse(events[0]);
  if (handshake && handshake.success) {
    return { status: 200, body: { validationResponse: handshake.data.data.validationCode } };
  }
  return take(events ?? [undefined], options);
}

/**
 * Hands each readable signal on, then answers the delivery as a whole: 503 if a signal must be delivered again, 400
 * (which Event Grid does not repeat) if one can never be read.
 */
function take(events: readonly (ReceivedEvent | undefined)[], { handle, log }: WebhookOptions): Reply {
  const problems: string[] = [];
  let busy = false;
  for (const event of events) {
    const signal = parseSignal(event);
    if (signal === undefined) log('event ignored', { reason: 'its type is not handled here' });
    else if ('problem' in signal) problems.push(signal.problem);
    else busy = handle(signal) === 'busy' || busy;
  }
  if (problems.length > 0) log('event refused', { fields: [...new Set(problems)].join('; ') });
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

function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
