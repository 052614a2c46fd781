/** The server that callHttp talks to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Peer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startPeer(): Promise<Peer> {
  const polls = new Map<string, number>();
  const server = createServer((request, response) => void answer(request, response, polls));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, polls: Map<string, number>): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  const { method, url = '', headers } = request;
  const send = (status: number, sent: Record<string, string>, text: string): void => {
    response.writeHead(status, sent);
    response.end(text);
  };
  const json = { 'content-type': 'application/json' };
  const plain = { 'content-type': 'text/plain' };
  const later = (path: string): Record<string, string> => ({
    location: `http://${headers.host ?? ''}${path}`,
    'retry-after': '1',
  });
  const extra = headers['x-extra'];
  const type = headers['content-type'];
  if (url === '/ok') return send(200, json, '{"fine":true}');
  if (url === '/text') return send(200, plain, 'plain');
  if (url === '/teapot') return send(418, plain, 'short and stout');
  if (url === '/error') return send(500, plain, 'broken');
  if (url === '/echo') return send(200, json, JSON.stringify({ method, body, type, extra }));
  if (url === '/headers') {
    const key = headers['x-functions-key'] ?? null;
    return send(200, json, JSON.stringify({ method, body, type, extra, key }));
  }
  if (url.startsWith('/seen')) {
    const { 'user-agent': agent, 'content-length': length, cookie } = headers;
    return send(200, json, JSON.stringify({ method, url, body, type, agent, length, cookie }));
  }
  if (url.startsWith('/redirect/')) return send(Number(url.split('/')[2]), { location: '/seen/after' }, '');
  if (url === '/lists') {
    response.writeHead(200, {
      vary: 'a, b',
      'x-two': ['b', 'c'],
      'x-list': 'a, b',
      'set-cookie': 'k=v; Path=/seen/jar',
    });
    response.end('x');
    return;
  }
  if (url.startsWith('/charset/')) {
    response.writeHead(200, { 'content-type': `text/plain; charset=${url.split('/')[2] ?? ''}` });
    response.end(Buffer.from([0x41, 0xe9]));
    return;
  }
  if (url === '/accepted-here') return send(202, { location: '/seen/here', 'retry-after': '1' }, '');
  if (url === '/accepted-nowhere') return send(202, plain, 'taken');
  if (url.startsWith('/accepted/')) return send(202, later(`/poll/${url.split('/')[2] ?? ''}`), '');
  if (url.startsWith('/poll/')) {
    const count = (polls.get(url) ?? 0) + 1;
    polls.set(url, count);
    return count < 3 ? send(202, later(url), '') : send(200, json, `{"polls":${count}}`);
  }
  return send(404, {}, '');
}
