import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wholeAnswer } from '../../device/wholeAnswer.js';

describe('a whole answer', () => {
  let server: Server;
  let answer: (body: string, response: ServerResponse) => void;
  beforeEach(async () => {
    server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('end', () => answer(Buffer.concat(chunks).toString('utf8'), response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (limit: number) => {
    const { port } = server.address() as AddressInfo;
    return wholeAnswer(request({ host: '127.0.0.1', port, method: 'POST', agent: false }), 'question', limit);
  };

  it('has status and text, also of a refusal, when it is just as large as it may be', async () => {
    answer = (body, response) => response.writeHead(418).end(`${body}!`);
    expect(await ask(9)).toEqual({ status: 418, text: 'question!' });
  });

  it('that is larger is given up, and the rest of it is not read', async () => {
    let closed: Promise<unknown> | undefined;
    answer = (_, response) => {
      closed = once(response, 'close');
      response.write('0123456789');
    };
    await expect(ask(9)).rejects.toThrow();
    await closed;
  });

  it('that is cut short is none', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('01234', () => response.destroy());
    };
    await expect(ask(9)).rejects.toThrow();
  });

  it('does not come from a server that is gone', async () => {
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const sent = request({ host: '127.0.0.1', port, agent: false });
    await expect(wholeAnswer(sent, undefined, 9)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
