import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
  type PullCheckRequested,
  type PullOutcome,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { authorizeReport, reportPath } from '@connected-registry/protocol/messages/reportMac';
import type { ControlPlane } from '../../stack/stack.js';
import { topicId } from '../../stack/world.js';

const event = z.object({ type: z.string(), data: z.unknown() });
const delivery = z.union([z.array(event), event.transform((one) => [one])]);

/** The agents of all devices, in one receiver. */
export interface Devices {
  /** Operations whose credential was promoted. The reader removes them. */
  readonly promoted: Set<string>;
  close(): Promise<void>;
}

/** What a device reports about a pull check; undefined: it stays silent. */
export type DeviceReply = (request: PullCheckRequested) => PullOutcome | undefined;

/**
 * Receives the messages to all devices, and reports every pull check at once, without an agent and a pull for each.
 * Event Grid's delivery is answered after the report, so that a clock that jumps does not take the report's time for
 * idle.
 *
 * @param appUrl address of the app
 * @param reply what each device reports; by default that it has pulled
 */
export async function startDevices(
  { operator, world }: ControlPlane,
  appUrl: string,
  reply: DeviceReply = () => 'pulled',
): Promise<Devices> {
  const promoted = new Set<string>();
  const answer = async (request: PullCheckRequested): Promise<void> => {
    const outcome = reply(request);
    if (outcome !== undefined) await report(appUrl, request, outcome);
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The handshake of CloudEvents webhooks (CloudEvents "HTTP 1.1 Web Hooks for Event Delivery", section 4).
    if (request.method === 'OPTIONS') {
      response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
      return;
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    for (const { type, data } of delivery.parse(JSON.parse(text))) {
      if (type === PULL_CHECK_REQUESTED) await answer(pullCheckRequested.parse(data));
      if (type === CREDENTIAL_PROMOTED) promoted.add(credentialPromoted.parse(data).operation);
    }
    response.writeHead(200).end();
  };
  const server = createServer((request, response) => {
    // A 5xx has Event Grid deliver it again.
    take(request, response).catch(() => response.writeHead(503).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  await operator.subscribe({
    source: topicId(world, 'signals'),
    name: 'fleet',
    webhook: `http://localhost:${address.port}/`,
    schema: 'CloudEventSchemaV1_0',
  });
  return {
    promoted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** Reports a pull check; an answer in 4xx is final, for example 409 for a repeated report. */
export async function report(appUrl: string, request: PullCheckRequested, outcome: PullOutcome): Promise<void> {
  const { expiresAt, image } = request;
  const path = reportPath(request);
  const body = JSON.stringify({
    expiresAt,
    image,
    outcome,
    ...(outcome === 'pulled' ? { digest: DIGEST, bytes: 1234 } : {}),
    milliseconds: 12,
    agent: 'bench:fleet',
  });
  const answer = await fetch(`${appUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: authorizeReport(request, { path, body }) },
    body,
  });
  await answer.arrayBuffer();
  if (answer.status === 429 || answer.status >= 500) throw new Error(`The report was answered ${answer.status}.`);
}
