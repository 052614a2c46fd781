import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
  type PullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { topicId } from '@connected-registry/local-stack/stack/world';
import { isThere, until } from '../../shared/until.js';
import type { TestStack } from './testStack.js';

const cloudEvent = z.object({ type: z.string(), id: z.string(), subject: z.string(), data: z.unknown() });

/** Takes a device's place: receives the signal topic's events, and reports nothing by itself. */
export class TestDevice {
  /** Every delivery as it came. */
  readonly deliveries: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  /** Starts a receiver and has the signal topic deliver to it. */
  static async subscribe({ stack }: TestStack): Promise<TestDevice> {
    const device = new TestDevice();
    await new Promise<void>((resolve) => device.#server.listen(0, '127.0.0.1', resolve));
    const address = device.#server.address();
    if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
    await stack.controlPlane.operator.subscribe({
      source: topicId(stack.controlPlane.world, 'signals'),
      name: 'test-device',
      webhook: `http://localhost:${address.port}/`,
      schema: 'CloudEventSchemaV1_0',
    });
    return device;
  }

  /** Requests for pull checks of one client, in the order of their arrival, repetitions included. */
  requests(client: string): PullCheckRequested[] {
    return this.deliveries
      .flatMap((text) => z.union([z.array(cloudEvent), cloudEvent.transform((one) => [one])]).parse(JSON.parse(text)))
      .filter(({ type }) => type === PULL_CHECK_REQUESTED)
      .map(({ data }) => pullCheckRequested.parse(data))
      .filter((request) => request.client === client);
  }

  /** Waits for an attempt's request. */
  request(client: string, attempt: number): Promise<PullCheckRequested> {
    return until(
      () => this.requests(client).find((request) => request.attempt === attempt),
      isThere,
      `request ${attempt} for ${client} was delivered`,
      { pause: 50 },
    );
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The handshake of CloudEvents webhooks (CloudEvents "HTTP 1.1 Web Hooks for Event Delivery", section 4).
    if (request.method === 'OPTIONS') {
      const origin = request.headers['webhook-request-origin'];
      response.writeHead(200, { 'webhook-allowed-origin': typeof origin === 'string' ? origin : '*' }).end();
      return;
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.deliveries.push(text);
    response.writeHead(200).end();
  }
}

/** The body of a report that answers a request. */
export function reportOf(
  request: PullCheckRequested,
  outcome: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { expiresAt: request.expiresAt, outcome, image: request.image, milliseconds: 12, agent: 'test/1', ...more };
}

/** The header that a request's own key makes. */
export function keyOf(request: PullCheckRequested): string {
  return `PullCheck ${request.keyId}:${request.reportKey}`;
}

/** What a report needs besides to claim success. */
export const PULLED = { digest: `sha256:${'ab'.repeat(32)}`, bytes: 1234 };
