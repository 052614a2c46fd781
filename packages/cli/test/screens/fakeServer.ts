import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FakeAnswer, FakeApp } from '../fakes/fakeWorld.js';

/**
 * What requests are answered, one after another, by method and path below /api without the query. The last one of a
 * list stays.
 */
export type Answers = Readonly<Record<string, readonly FakeAnswer[]>>;

export interface FakeServer {
  readonly url: string;
  /** Lets this app answer from now on. */
  serve(app: FakeApp): void;
  close(): Promise<void>;
}

/** An app of prepared answers. */
export function prepared(answers: Answers): FakeApp {
  const left = new Map(Object.entries(answers).map(([route, list]) => [route, [...list]]));
  return ({ method, path }) => {
    const { pathname } = new URL(path, 'http://x');
    const list = left.get(`${method} ${pathname}`) ?? [];
    return (list.length > 1 ? list.shift() : list[0]) ?? { status: 404, text: '' };
  };
}

function headersOf({ headers }: IncomingMessage): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** Serves a fake app. */
export async function startFakeServer(): Promise<FakeServer> {
  let app: FakeApp = prepared({});
  const server: Server = createServer((request, response) => {
    void (async () => {
      const path = (request.url ?? '').replace(/^\/api/, '');
      const body = await text(request);
      const {
        status,
        json,
        text: plain,
      } = await app({ method: request.method ?? '', path, headers: headersOf(request), body });
      response.writeHead(status ?? 200, { 'content-type': 'application/json' });
      response.end(json === undefined ? (plain ?? '') : JSON.stringify(json));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (next) => (app = next),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
