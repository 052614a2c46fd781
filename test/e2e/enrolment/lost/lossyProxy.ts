import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  DEVICE_KEYS_PATH,
  DEVICE_MESSAGES_PATH,
  DEVICE_SECRETS_PATH,
  REDEEM_PATH,
} from '@connected-registry/protocol/enrolment/messages';
import { startPlainServer } from '../../../shared/plainServer.js';

/**
 * What a device asks the app. `confirmation` asks for messages without waiting, which shows whether keys and pass let
 * the device in. `message` is a request for messages that is answered with some, so only its answer can be lost.
 */
export type Purpose =
  'join' | 'poll' | 'message' | 'confirmation' | 'candidate' | 'secret' | 'report' | 'acknowledgement' | 'renewal';

/**
 * What happens to one exchange: the app never sees the request; the app has done its work, and nothing or a half of its
 * answer arrives; or nothing is lost.
 */
export type Loss = 'request' | 'answer' | 'half' | 'nothing';

/** What happens to the first, second, ... exchange of each purpose. */
export type Losses = Readonly<Partial<Record<Purpose, readonly Loss[]>>>;

/** @returns undefined for what no device asks */
export function purposeOf(method: string, target: string): Purpose | undefined {
  const [path = '', query] = target.split('?');
  const parameters = new URLSearchParams(query);
  if (path === DEVICE_MESSAGES_PATH) return parameters.get('wait') === '0' ? 'confirmation' : 'poll';
  if (path === DEVICE_SECRETS_PATH) return parameters.get('name')?.endsWith('-candidate') ? 'candidate' : 'secret';
  if (method !== 'POST') return undefined;
  if (path === REDEEM_PATH) return 'join';
  if (path === DEVICE_KEYS_PATH) return 'renewal';
  if (path.startsWith('/api/pull-checks/')) return 'report';
  return path.startsWith('/api/promotions/') ? 'acknowledgement' : undefined;
}

/** The headers that belong to one connection, or to a form of the body that the proxy does not pass on. */
const OF_CONNECTION = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]);

/** A proxy between one device and the app, by plain http, on whose way requests and answers get lost. */
export class LossyProxy {
  url = '';
  readonly #left: Map<Purpose, Loss[]>;
  readonly #closing = new AbortController();
  #close: () => Promise<void> = () => Promise.resolve();

  private constructor(
    private readonly app: string,
    losses: Losses,
  ) {
    this.#left = new Map(Object.entries(losses).map(([purpose, list]) => [purpose as Purpose, [...list]]));
  }

  static async start(app: string, losses: Losses): Promise<LossyProxy> {
    const proxy = new LossyProxy(app, losses);
    const server = await startPlainServer((request, response, body) => void proxy.#pass(request, response, body));
    proxy.url = server.url;
    proxy.#close = () => server.close();
    return proxy;
  }

  /** What has not been lost yet, although it was to be. */
  get left(): string[] {
    return [...this.#left].flatMap(([purpose, losses]) =>
      losses.filter((loss) => loss !== 'nothing').map((loss) => `${purpose}: ${loss}`),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#close();
  }

  async #pass(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    try {
      await this.#exchange(request, response, body);
    } catch {
      // The app is away, or this proxy is closed: the device gets no answer, either.
      response.destroy();
    }
  }

  async #exchange({ method = '', url: path = '', headers }: IncomingMessage, response: ServerResponse, body: string) {
    const purpose = purposeOf(method, path);
    const loss = this.#take(purpose);
    if (loss === 'request') return void response.destroy();
    const answer = await fetch(`${this.app}${path}`, {
      method,
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' && !OF_CONNECTION.has(name) ? [[name, value]] : [],
      ),
      signal: this.#closing.signal,
      ...(body !== '' && { body }),
    });
    const content = Buffer.from(await answer.arrayBuffer());
    const isMessage = purpose === 'poll' && answer.status === 200;
    const ends = loss === 'nothing' && isMessage ? this.#take('message') : loss;
    const isCut = ends === 'half' && content.length > 0;
    if (ends !== 'nothing' && !isCut) return void response.destroy();
    const kept = [...answer.headers].filter(([name]) => !OF_CONNECTION.has(name));
    const length = content.length > 0 ? { 'content-length': content.length } : {};
    response.writeHead(answer.status, { ...Object.fromEntries(kept), ...length });
    // The head and a half of the body are on their way before the connection ends.
    if (isCut) response.write(content.subarray(0, content.length / 2), () => response.destroy());
    else response.end(content);
  }

  #take(purpose: Purpose | undefined): Loss {
    return (purpose && this.#left.get(purpose)?.shift()) ?? 'nothing';
  }
}
