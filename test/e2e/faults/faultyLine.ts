import { readFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { tlsFolder } from '@connected-registry/local-stack/stack/plans';
import { bearerOf, echo, type EchoKind } from '../../src/azure/hostile/echoes.js';
import type { Login } from '../harness/operatorSdk.js';
import type { TestStack } from '../harness/testStack.js';
import { CallNames, type ClientNames } from './calls.js';
import { LINE_ACTIONS } from './faultKinds.js';

/** A call that went over the line: the n-th of its kind of one client. */
export interface LineCall {
  readonly key: string;
  readonly client: string | undefined;
  readonly nth: number;
  /** What the service answered; undefined when it never saw the call. */
  status?: number;
}

/** Which call a fault strikes: the n-th of its kind of one client, once. */
export interface FaultRule {
  readonly client: string;
  readonly key: string;
  readonly nth: number;
  readonly fault: keyof typeof LINE_ACTIONS;
}

/** A fault that waits for its call. */
export interface ArmedFault {
  readonly rule: FaultRule;
  /** Resolves when it strikes: at once for `before`, when the service has answered for `after`. */
  readonly struck: Promise<void>;
  hasStruck(): boolean;
  /** Lets go of a held call, whose connection is closed then. */
  release(): void;
}

interface Armed extends ArmedFault {
  readonly released: Promise<void>;
  strike(): void;
}

const generated = z.object({
  username: z.string(),
  passwords: z.array(z.object({ name: z.string(), value: z.string() })),
});

/**
 * The app's line to Azure: everything that the app says to ARM, vault and topic goes over it, and it can fail for one
 * call of one client while many work at once. The app reaches it by the settings that name Azure's addresses; Entra and
 * everybody else go their own way.
 */
export class FaultyLine {
  readonly calls: LineCall[] = [];
  /** How many calls there were, those that are forgotten included. */
  carried = 0;
  /** Every password that was ever generated, whether or not the app got to know it. */
  readonly generated: Login[] = [];
  /**
   * While set, calls whose key it takes are answered by repeating request, authorization and every password there is.
   */
  echoing: { readonly kind: EchoKind; readonly of: (key: string) => boolean } | undefined;
  /** How many calls were answered so. */
  echoes = 0;
  /** While set, calls that name nobody are this client's: it has the stack to itself. */
  alone: string | undefined;
  readonly #server: Server;
  readonly #armed: Armed[] = [];
  #agent = new Agent();
  #upstream = '';
  #edge = '';
  #names = new CallNames('');

  private constructor() {
    this.#server = createServer({ keepAliveTimeout: 65_000 }, (incoming, reply) => void this.#take(incoming, reply));
  }

  /** Listens; with the certificates of a stack that is yet to be started. */
  static async open(): Promise<FaultyLine> {
    const line = new FaultyLine();
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
    return `https://localhost:${address.port}`;
  }

  /** The app's settings that lead it over this line. */
  settings(): Record<string, string> {
    return {
      ARM_ENDPOINT: this.url,
      ARM_AUDIENCE: 'https://management.azure.com',
      KEY_VAULT_URL: this.url,
      SIGNAL_TOPIC_ENDPOINT: `${this.url}/topics/signals/api/events`,
    };
  }

  attach({ stack }: TestStack): void {
    const folder = tlsFolder(stack.ground.dataFolder);
    const [ca, cert, key] = ['ca.pem', 'server.pem', 'server-key.pem'].map((file) => readFileSync(join(folder, file)));
    if (!ca || !cert || !key) throw new Error('The stack has certificates.');
    this.#server.setSecureContext({ cert, key });
    this.#agent = new Agent({ ca, keepAlive: true });
    this.#upstream = stack.endpoints.azure.arm;
    this.#edge = stack.endpoints.edge.host;
    this.#names = new CallNames(stack.endpoints.edge.connectedRegistry);
  }

  /** Has calls that name this client's resources counted as its own. */
  watch(names: ClientNames): void {
    this.#names.add(names);
  }

  arm(rule: FaultRule): ArmedFault {
    let struck = false;
    let markStruck = (): void => undefined;
    let release = (): void => undefined;
    const whenStruck = new Promise<void>((resolve) => (markStruck = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const armed: Armed = {
      rule,
      struck: whenStruck,
      released,
      hasStruck: () => struck,
      strike: () => {
        struck = true;
        markStruck();
      },
      release,
    };
    this.#armed.push(armed);
    return armed;
  }

  /** One client's calls, in the order in which they began. */
  of(client: string): LineCall[] {
    return this.calls.filter((call) => call.client === client);
  }

  /** Begins to count one client's calls anew. */
  forget(client: string): void {
    const others = this.calls.filter((call) => call.client !== client);
    this.calls.splice(0, this.calls.length, ...others);
  }

  async close(): Promise<void> {
    for (const armed of this.#armed) armed.release();
    this.#agent.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #take(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    try {
      const body = await bytesOf(incoming);
      // Where an echo redirects to: nobody is there, and the stand-in for Azure would log the address.
      if (incoming.url?.startsWith('/elsewhere/')) return void reply.writeHead(404).end();
      const call = this.#note(incoming, body);
      if (call && this.echoing?.of(call.key)) return this.#echo(this.echoing.kind, incoming, body, reply);
      const armed = call && this.#faultFor(call);
      const strike = armed && LINE_ACTIONS[armed.rule.fault];
      if (armed && strike?.when === 'before') {
        armed.strike();
        if (await this.#strike(armed, incoming, reply)) {
          if (strike.act === 'late') await this.#forward(incoming, body);
          return;
        }
      }
      const answer = await this.#forward(incoming, body);
      if (call) call.status = answer.status;
      if (call?.key.endsWith('/generateCredentials')) this.#remember(answer.body);
      if (armed && strike?.when === 'after') {
        armed.strike();
        if (await this.#strike(armed, incoming, reply)) return;
      }
      reply.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      // The app was killed, or the stack is being stopped.
      incoming.socket.destroy();
    }
  }

  /**
   * Undefined for what is no call of the flow: a request for Entra, or one that only asks the vault for its challenge.
   */
  #note(incoming: IncomingMessage, body: Buffer): LineCall | undefined {
    const path = new URL(incoming.url ?? '/', this.url).pathname;
    if (incoming.headers.authorization === undefined) return undefined;
    const { key, client = this.alone } = this.#names.of(incoming.method ?? 'GET', path, body.toString('utf8'));
    const nth = this.calls.filter((call) => call.key === key && call.client === client).length + 1;
    const call: LineCall = { key, client, nth };
    this.calls.push(call);
    this.carried += 1;
    return call;
  }

  #faultFor(call: LineCall): Armed | undefined {
    return this.#armed.find((armed) => {
      const { rule } = armed;
      return !armed.hasStruck() && rule.client === call.client && rule.key === call.key && rule.nth === call.nth;
    });
  }

  /** @returns whether that was the call's end. */
  async #strike(armed: Armed, incoming: IncomingMessage, reply: ServerResponse): Promise<boolean> {
    const { act } = LINE_ACTIONS[armed.rule.fault];
    if (act === 'late') {
      incoming.socket.destroy();
      await armed.released;
      return true;
    }
    if (act === 'hold') await armed.released;
    if (act === 'hold' || act === 'drop') {
      incoming.socket.destroy();
      return true;
    }
    if ('delay' in act) {
      await sleep(act.delay);
      return false;
    }
    if (act.held) await armed.released;
    const content = JSON.stringify({ error: { code: act.code, message: 'Injected by the line.' } });
    const retryAfter = act.retryAfter === undefined ? {} : { 'retry-after': String(act.retryAfter) };
    const headers = { 'content-type': 'application/json', ...retryAfter };
    reply.writeHead(act.status, headers).end(content);
    return true;
  }

  async #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(
        `${this.#upstream}${incoming.url ?? '/'}`,
        {
          agent: this.#agent,
          method: incoming.method ?? 'GET',
          headers: { ...incoming.headers, host: new URL(this.#upstream).host },
        },
        resolve,
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    // Links to results of asynchronous operations and to next pages lead over the line, too.
    const content = Buffer.from((await bytesOf(answer)).toString('utf8').replaceAll(this.#upstream, this.url));
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers;
    for (const name of ['azure-asyncoperation', 'location'] as const) {
      const link = headers[name];
      if (typeof link === 'string') headers[name] = link.replace(this.#upstream, this.url);
    }
    const length = answer.statusCode === 204 ? {} : { 'content-length': String(content.length) };
    return { status: answer.statusCode ?? 502, headers: { ...headers, ...length }, body: content };
  }

  #echo(kind: EchoKind, incoming: IncomingMessage, body: Buffer, reply: ServerResponse): void {
    this.echoes += 1;
    const values = this.generated.flatMap(({ user, password }) => [
      Buffer.from(`${user}:${password}`).toString('base64'),
      password,
    ]);
    const known = { body: body.toString('utf8'), authorization: bearerOf(incoming.headers), values };
    const { status, headers, text } = echo(kind, known, this.url);
    reply.writeHead(status, headers).end(text);
  }

  #remember(body: Buffer): void {
    const parsed = generated.safeParse(JSON.parse(body.toString('utf8')));
    if (!parsed.success) return;
    for (const { value } of parsed.data.passwords)
      this.generated.push({ host: this.#edge, user: parsed.data.username, password: value });
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
