import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeAnswer } from '../fakes/fakeWorld.js';

export interface FakeServer {
  readonly url: string;
  /** What the next requests are answered, by method and path below /api without the query. The last one of a list stays. */
  readonly answers: Map<string, FakeAnswer[]>;
  close(): Promise<void>;
}

/** An app that gives prepared answers. */
export async function startFakeServer(): Promise<FakeServer> {
  const answers = new Map<string, FakeAnswer[]>();
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname.replace(/^\/api/, '');
    const list = answers.get(`${request.method} ${path}`) ?? [{ status: 404, text: '' }];
    const answer = list.length > 1 ? list.shift() : list[0];
    response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json' });
    response.end(answer?.json === undefined ? (answer?.text ?? '') : JSON.stringify(answer.json));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
