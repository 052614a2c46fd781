import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wholeAnswer } from '../../src/wholeAnswer.js';
import { startPlainServer, type PlainServer } from '../../../../test/shared/plainServer.js';

describe('a whole answer', () => {
  let server: PlainServer;
  let answer: (body: string, response: ServerResponse) => void;
  beforeEach(async () => {
    server = await startPlainServer((_, response, body) => answer(body, response));
  });
  afterEach(() => server.close());

  const ask = (limit: number) => wholeAnswer(request(server.url, { method: 'POST', agent: false }), 'question', limit);

  it('has status and text, also for a refusal, up to its maximum size', async () => {
    answer = (body, response) => response.writeHead(418).end(`${body}!`);
    expect(await ask(9)).toEqual({ status: 418, text: 'question!' });
  });

  it('beyond its maximum size is aborted, and the rest is not read', async () => {
    let closed: Promise<unknown> | undefined;
    answer = (_, response) => {
      closed = once(response, 'close');
      response.write('0123456789');
    };

    await expect(ask(9)).rejects.toThrow();

    await closed;
  });

  it('that is cut short is rejected', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('01234', () => response.destroy());
    };
    await expect(ask(9)).rejects.toThrow();
  });

  it('of an unreachable server is rejected', async () => {
    const gone = await startPlainServer(() => undefined);
    await gone.close();
    await expect(wholeAnswer(request(gone.url, { agent: false }), undefined, 9)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
