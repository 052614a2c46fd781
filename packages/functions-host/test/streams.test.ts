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
http('endless', {}, () => ({ body: new ReadableStream({ start(c) { c.enqueue(Buffer.from('begin')); } }) }));
http('count', {}, async (request) => { let bytes = 0; for await (const part of request.body) bytes += part.length; return { jsonBody: { bytes } }; });
http('refuse', {}, () => ({ status: 401, body: 'no' }));
http('first', {}, async (request) => { const reader = request.body.getReader(); const { value } = await reader.read(); (async () => { while (!(await reader.read()).done); })().catch(() => {}); return { status: 413, jsonBody: { first: value.length > 0 } }; });
http('hasBody', {}, (request) => ({ jsonBody: { body: request.body !== null } }));
const connections = new WeakMap();
const nth = new Map();
require('node:diagnostics_channel').subscribe('http.server.request.start', ({ request: { socket, headers } }) => { connections.set(socket, (connections.get(socket) ?? 0) + 1); nth.set(headers['x-ms-invocation-id'], connections.get(socket)); });
http('nth', {}, (request, { invocationId }) => ({ body: String(nth.get(invocationId)) }));
http('nothing', {}, () => undefined); http('broken', {}, () => { throw new Error('lost'); });
`;

// One process holds one programming model, so this app has a file of its own: streams are on for all of it.
let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app }, { drainWithin: 200 });
});
afterAll(() => tested.stop());

describe('an app with HTTP streams on', () => {
  it('gets the same request as without them, with query parameters among its parameters', async () => {
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

  it('breaks an answer off that its function still writes when the worker ends', async () => {
    const complete = await new Promise((resolve) => {
      request({ host: '127.0.0.1', port: tested.host.port, path: '/api/endless' }, (response) => {
        response.once('data', () => tested.host.failRunning());
        response.on('error', () => undefined).once('close', () => resolve(response.complete));
      }).end();
    });
    expect(complete).toBe(false);
  });

  it('accepts a body without a declared length', async () => {
    const answer = await tested.send('POST', '/api/count', { body: Buffer.alloc(300_000), chunked: true });
    expect(JSON.parse(answer.text)).toEqual({ bytes: 300_000 });
  });

  it('gets each request on a new connection, so that no idle connection closes during one', async () => {
    const answers = [await tested.send('GET', '/api/nth'), await tested.send('GET', '/api/nth')];
    expect(answers.map(({ text }) => text)).toEqual(['1', '1']);
  });

  it('gets no body of a GET', async () => {
    const answer = await tested.send('GET', '/api/hasBody', { body: 'text' });
    expect(JSON.parse(answer.text)).toEqual({ body: false });
  });

  it.each([
    ['refuse', 401],
    ['first', 413],
  ])('answers before the body is complete, and the rest is dropped: %s', async (name, status) => {
    const { answered, end } = await tested.beginning('POST', `/api/${name}`, 50_000_000, Buffer.alloc(1_000_000));
    expect((await answered).status).toBe(status);
    // What has not been sent yet was not waited for; it is taken and dropped, so the connection serves on.
    await end();
    expect((await tested.send('POST', '/api/count', { body: 'abc' })).text).toBe('{"bytes":3}');
  });

  it('refuses a declared length over the limit before it reads a byte, and aborts a longer chunked body', async () => {
    const { answered } = await tested.beginning('POST', '/api/refuse', 104_857_601);
    expect((await answered).status).toBe(500);
    await expect(
      tested.send('POST', '/api/count', { body: Buffer.alloc(105_000_000), chunked: true }),
    ).resolves.toMatchObject({ status: 500 });
  });

  it.each([
    ['a b', 400],
    ['evil<x>', 400],
    ['a:99999', 500],
  ])('is not called for a host name that makes no valid address: %s', async (host, status) => {
    expect((await tested.send('POST', '/api/refuse', { headers: { host } })).status).toBe(status);
  });

  it.each(['nothing', 'broken'])('leaves the caller of %s waiting, with a warning', async (name) => {
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
