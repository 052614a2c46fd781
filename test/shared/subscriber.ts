import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.js';

export interface Received {
  method: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A webhook that receives events. */
export class Subscriber {
  readonly received: Received[] = [];
  /** Answers deliveries, by default with 200. */
  answer: (received: Received) => { status: number; body?: unknown } = () => ({ status: 200 });
  /** How it answers a validation: `yes` returns the code, `later` answers without it, `no` refuses. */
  validates: 'yes' | 'later' | 'no' = 'yes';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const received: Received = {
          method: request.method ?? '',
          headers: request.headers,
          body: text === '' ? undefined : JSON.parse(text),
        };
        const { status, body, headers } = this.#reply(received);
        response.writeHead(status, headers);
        response.end(body === undefined ? '' : JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<Subscriber> {
    const subscriber = new Subscriber();
    await new Promise<void>((resolve) => {
      subscriber.#server.listen(0, '127.0.0.1', () => resolve());
    });
    return subscriber;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/events?code=webhook-key`;
  }

  get deliveries(): Received[] {
    return this.received.filter((one) => one.headers['aeg-event-type'] === 'Notification');
  }

  /** Resolves when this many deliveries have been received. */
  waitFor(count: number): Promise<Received[]> {
    return until(
      () => this.deliveries,
      ({ length }) => length >= count,
      `${count} deliveries were received`,
      { seconds: 60, pause: 5 },
    );
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #reply(received: Received): { status: number; body?: unknown; headers?: Record<string, string> } {
    this.received.push(received);
    if (received.method === 'OPTIONS') {
      if (this.validates === 'no') return { status: 200 };
      return {
        status: 200,
        headers: { 'webhook-allowed-origin': 'eventgrid.azure.net', 'webhook-allowed-rate': '120' },
      };
    }
    if (received.headers['aeg-event-type'] === 'SubscriptionValidation') {
      if (this.validates === 'no') return { status: 500 };
      const [event] = received.body as { data: { validationCode: string } }[];
      return {
        status: 200,
        body: this.validates === 'later' ? {} : { validationResponse: event?.data.validationCode },
      };
    }
    return this.answer(received);
  }
}
