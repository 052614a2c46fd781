import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { bearerOf, echo, type EchoKind } from './echoes.js';

const generated = z.object({ passwords: z.array(z.object({ value: z.string() })) });

const TOKEN_ENDPOINT = /\/oauth2\/v2\.0\/token$/;
const ENTRA = /\/\.well-known\/|\/oauth2\/|\/discovery\//;

/** Which request is answered with an echo, from the next one on: of a service, or of Entra. */
interface Strike {
  readonly kind: EchoKind;
  readonly nth: number;
  readonly of: 'service' | 'entra';
}

/** A proxy before Azure's stand-in, over real https, that answers one request by repeating all that it knows. */
export class EchoingLine {
  /** What must be found nowhere. */
  readonly secrets = new Set<string>();
  /** What else is repeated; the last has the form of a code. */
  readonly stored: string[] = [];
  url = '';
  #strike: Strike | undefined;
  #seen = 0;
  #hasStruck = false;
  readonly #agent: Agent;
  readonly #server;

  private constructor(
    private readonly upstream: string,
    tls: string,
  ) {
    const [ca, cert, key] = ['ca.pem', 'server.pem', 'server-key.pem'].map((file) => readFileSync(join(tls, file)));
    this.#agent = new Agent({ ...(ca ? { ca } : {}), keepAlive: true });
    this.#server = createServer({ ...(cert ? { cert } : {}), ...(key ? { key } : {}) }, (incoming, reply) => {
      // Whoever asked sees the connection end, as with any proxy whose upstream is gone.
      this.#take(incoming, reply).catch(() => reply.destroy());
    });
  }

  /** @param tls folder with the certificates of the upstream. */
  static async open(upstream: string, tls: string): Promise<EchoingLine> {
    const line = new EchoingLine(upstream, tls);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    const address = line.#server.address();
    line.url = `https://localhost:${typeof address === 'object' && address ? address.port : 0}`;
    return line;
  }

  strike(kind: EchoKind, nth: number, of: Strike['of'] = 'service'): void {
    this.#strike = { kind, nth, of };
    this.#seen = 0;
    this.#hasStruck = false;
  }

  /** Answers as the upstream again. @returns whether the strike came to pass. */
  calm(): boolean {
    this.#strike = undefined;
    return this.#hasStruck;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    const bearer = bearerOf(incoming.headers);
    if (bearer !== '') this.secrets.add(bearer);
    if (path.startsWith('/elsewhere/')) return this.#echo('404 of a redirect', body, bearer, reply);
    if (this.#strikes(path, incoming.headers)) return this.#echo(undefined, body, bearer, reply);
    const answer = await this.#forward(incoming, body);
    if (TOKEN_ENDPOINT.test(path)) this.#remember(answer.text, z.object({ access_token: z.string() }), 'access_token');
    const made = path.endsWith('/generateCredentials') || path.includes('/operationResults/');
    if (made) for (const value of passwordsIn(answer.text)) this.#keep(value);
    // Nobody waits here.
    reply.writeHead(answer.status, { ...answer.headers, 'retry-after': '0' }).end(answer.text);
  }

  #strikes(path: string, { authorization }: IncomingHttpHeaders): boolean {
    if (!this.#strike) return false;
    const isEntra = ENTRA.test(path);
    // The vault's SDK sends the first request without a token, and the answer says where to get one.
    const counts = this.#strike.of === 'entra' ? isEntra : !isEntra && authorization !== undefined;
    if (!counts) return false;
    this.#seen += 1;
    return this.#seen === this.#strike.nth;
  }

  #echo(redirected: string | undefined, body: string, authorization: string, reply: ServerResponse): void {
    this.#hasStruck = true;
    const kind = redirected ? 404 : (this.#strike?.kind ?? 500);
    const values = [...this.secrets, ...this.stored];
    const { status, headers, text } = echo(kind, { body, authorization, values }, this.url);
    reply.writeHead(status, headers).end(text);
  }

  async #forward(incoming: IncomingMessage, body: string) {
    const answer = await this.#send(incoming, body);
    const text = (await textOf(answer)).replaceAll(this.upstream, this.url);
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers;
    for (const name of ['azure-asyncoperation', 'location'] as const) {
      const link = headers[name];
      if (typeof link === 'string') headers[name] = link.replace(this.upstream, this.url);
    }
    return { status: answer.statusCode ?? 502, headers, text };
  }

  /** Sends once more if the upstream has just closed the kept connection that was taken for the request. */
  #send(incoming: IncomingMessage, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, host: new URL(this.upstream).host };
      const options = { agent: this.#agent, method: incoming.method ?? 'GET', headers };
      const outgoing = request(`${this.upstream}${incoming.url ?? '/'}`, options, resolve);
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(incoming, body));
        else reject(error);
      });
      outgoing.end(body);
    });
  }

  #remember<T extends Record<string, string>>(text: string, schema: z.ZodType<T>, name: keyof T): void {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) this.#keep(parsed.data[name]);
  }

  #keep(value: string | undefined): void {
    if (value !== undefined) this.secrets.add(value);
  }
}

function passwordsIn(text: string): string[] {
  const parsed = text === '' ? undefined : generated.safeParse(JSON.parse(text)).data;
  return (parsed?.passwords ?? []).map(({ value }) => value);
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
