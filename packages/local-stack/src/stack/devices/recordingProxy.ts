import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { tlsFolder } from '../plans.js';
import type { Stack } from '../stack.js';

/** A request and its answer, as whoever ends TLS between a device and the app reads them. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly status: number;
  /** Everything of the request: its line, its headers and its body. */
  readonly request: Buffer;
  /** Everything of the answer. */
  readonly answer: Buffer;
}

/** A proxy that ends TLS in front of the app, with a certificate that devices trust, and keeps all that passes. */
export interface RecordingProxy {
  readonly url: string;
  /** Exchanges in the order in which they ended. A request that got no whole answer is kept, too, with status 0. */
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

/** Starts one in front of the stack's app. */
export async function startRecordingProxy(stack: Stack): Promise<RecordingProxy> {
  const { certFile, keyFile } = await ensureCertificates(tlsFolder(stack.ground.dataFolder));
  const app = new URL(stack.endpoints.functions.url);
  const exchanges: Exchange[] = [];
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (incoming, outgoing) => {
    pass(app, incoming, outgoing, (exchange) => exchanges.push(exchange));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  return {
    url: `https://localhost:${address.port}`,
    exchanges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(app: URL, incoming: IncomingMessage, outgoing: ServerResponse, keep: (exchange: Exchange) => void): void {
  const { method = '', url: path = '', rawHeaders, headers } = incoming;
  const [asked, answered]: [Buffer[], Buffer[]] = [[], []];
  let head: IncomingMessage | undefined;
  const onward = send({ host: app.hostname, port: app.port, method, path, headers }, (answer) => {
    head = answer;
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('data', (chunk: Buffer) => answered.push(chunk));
    answer.pipe(outgoing);
  });
  incoming.on('data', (chunk: Buffer) => asked.push(chunk));
  incoming.pipe(onward);
  // The app is restarted, or the device has given up: the other side gets no answer, either.
  onward.once('error', () => outgoing.destroy());
  outgoing.once('close', () => {
    onward.destroy();
    const status = head?.complete === true ? (head.statusCode ?? 0) : 0;
    keep({
      method,
      path,
      authorization: headers.authorization ?? '',
      status,
      request: Buffer.concat([lines(`${method} ${path}`, rawHeaders), ...asked]),
      answer: Buffer.concat([lines(String(head?.statusCode ?? ''), head?.rawHeaders ?? []), ...answered]),
    });
  });
}

function lines(first: string, rawHeaders: readonly string[]): Buffer {
  const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1] ?? ''}`] : []));
  return Buffer.from(`${[first, ...pairs, ''].join('\r\n')}\r\n`, 'latin1');
}
