import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions');
app.setup({ enableHttpStream: true });
const http = (name, options, handler) => app.http(name, { methods: ['GET', 'POST'], authLevel: 'anonymous', ...options, handler });
http('echo', { route: 'echo/{*rest}' }, async (request) => ({ status: 201, jsonBody: { url: request.url, headers: Object.fromEntries(request.headers), query: [...request.query], params: request.params, text: await request.text() } }));
http('parts', {}, () => ({ body: new ReadableStream({ async start(c) { for (const part of ['a', 'b', 'c']) { c.enqueue(Buffer.from(part)); await new Promise((resolve) => setTimeout(resolve, 60)); } c.close(); } }) }));
http('count', {}, async (request) => { let bytes = 0; for await (const part of request.body) bytes += part.length; return { jsonBody: { bytes } }; });
http('nothing', {}, () => undefined); http('broken', {}, () => { throw new Error('lost'); });
`;

// One process holds one programming model, so this app has a file of its own: streams are on for all of it.
let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app }, { drainWithin: 200 });
});
afterAll(() => tested.stop());

describe('an app with HTTP streams on', () => {
  it('gets the request as without them, query parameters among its parameters', async () => {
    const answer = await tested.send('POST', '/api/echo/a%20b?x=1&code=k', { body: 'text', headers: { 'x-own': '1' } });
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject({
      url: `http://127.0.0.1:${tested.host.port}/api/echo/a%20b?x=1&code=k`,
      headers: { 'x-own': '1' },
      query: [
        ['x', '1'],
        ['code', 'k'],
      ],
      params: { x: '1', rest: 'a b' },
      text: 'text',
    });
  });

  it('answers part by part', async () => {
    const parts: string[] = [];
    await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: tested.host.port, path: '/api/parts' }, (response) => {
        response.on('data', (part: Buffer) => parts.push(part.toString()));
        response.on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
    expect(parts).toEqual(['a', 'b', 'c']);
  });

  it('takes a body of no declared length', async () => {
    const answer = await tested.send('POST', '/api/count', { body: Buffer.alloc(300_000), chunked: true });
    expect(JSON.parse(answer.text)).toEqual({ bytes: 300_000 });
  });

  it.each(['nothing', 'broken'])('leaves the caller of %s waiting, which a warning says', async (name) => {
    const ended = { yet: false };
    void tested.send('GET', `/api/${name}`).then(
      () => (ended.yet = true),
      () => undefined,
    );
    await expect.poll(() => tested.log.some(({ message }) => message.startsWith(`function '${name}' `))).toBe(true);
    await sleep(100);
    expect(ended.yet).toBe(false);
  });
});
