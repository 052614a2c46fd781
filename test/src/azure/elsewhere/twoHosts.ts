import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';

/** A request that a server received. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How the service answers a request. */
export type Answer = (
  request: Arrived,
  elsewhere: string,
) => {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
};

/** Two https servers on two hosts: the service, and another host that its answers name, which records requests. */
export interface TwoHosts {
  readonly service: string;
  readonly elsewhere: string;
  readonly atService: Arrived[];
  readonly atElsewhere: Arrived[];
  /** Starts recording; earlier requests are dropped. */
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}

export async function startTwoHosts(): Promise<TwoHosts> {
  const directory = mkdtempSync(join(tmpdir(), 'two-hosts-'));
  const { certFile, keyFile } = await ensureCertificates(directory);
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const atService: Arrived[] = [];
  const atElsewhere: Arrived[] = [];
  let answer: Answer = () => ({ status: 500 });
  const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

  const service = createServer(tls, (incoming, reply) => void take(incoming, reply, atService, true));
  const other = createServer(tls, (incoming, reply) => void take(incoming, reply, atElsewhere, false));
  const [servicePort, otherPort] = [await listen(service), await listen(other)];
  const elsewhere = `https://127.0.0.1:${otherPort}`;

  async function take(incoming: IncomingMessage, reply: ServerResponse, arrived: Arrived[], isService: boolean) {
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: await textOf(incoming) };
    arrived.push(request);
    const { status, headers: said = {}, body = {} } = isService ? answer(request, elsewhere) : { status: 200 };
    reply.writeHead(status, { 'content-type': 'application/json', ...said }).end(JSON.stringify(body));
  }

  return {
    service: `https://localhost:${servicePort}`,
    elsewhere,
    atService,
    atElsewhere,
    answerWith: (next) => {
      answer = next;
      atService.length = 0;
      atElsewhere.length = 0;
    },
    close: async () => {
      if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
      for (const server of [service, other]) {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      }
      rmSync(directory, { recursive: true, maxRetries: 5 });
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
