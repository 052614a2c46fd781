/** Whatever a caller sends and whatever an app answers: the host goes on, and no error is left that nobody handles. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions'); const df = require('durable-functions');
const revoked = Proxy.revocable({}, {}); revoked.revoke();
const circular = {}; circular.self = circular;
const odd = {
  nothing: () => undefined, none: () => null, symbol: () => Symbol('s'), bigint: () => 1n, call: () => () => 1, revoked: () => revoked.proxy,
  circular: () => circular, circularBody: () => ({ jsonBody: circular }), bigintBody: () => ({ jsonBody: 1n }), getter: () => ({ get body() { throw new Error('body'); } }),
  getterStatus: () => ({ get status() { throw null; } }), proxy: () => new Proxy({}, { get() { throw new Error('trap'); }, ownKeys() { throw new Error('keys'); } }),
  brokenStream: () => ({ body: new ReadableStream({ pull(c) { c.error(new Error('stream')); } }) }), lateStream: () => ({ body: new ReadableStream({ start(c) { c.enqueue(new Uint8Array(9)); }, pull() { throw null; } }) }),
  lockedStream: () => { const body = new ReadableStream(); body.getReader(); return { body }; }, textStream: () => ({ body: new ReadableStream({ start(c) { c.enqueue('text'); c.close(); } }) }),
  headerLines: () => ({ headers: { 'x-a': 'a\\r\\nb: c' } }), headerName: () => ({ headers: { 'x a': '1' } }), headerSymbol: () => ({ headers: { a: Symbol('h') } }), headersNumber: () => ({ headers: 5 }),
  headersMap: () => ({ headers: new Map([['a', 'b']]) }), status: () => ({ status: 1e9 }), statusText: () => ({ status: 'x' }), statusNaN: () => ({ status: NaN }), statusInfo: () => ({ status: 101 }), statusMinus: () => ({ status: -1 }),
  cookie: () => ({ cookies: [{ name: 'a;b', value: 'c\\r\\nd', path: '\\u0000', domain: 'ž', expires: 'never', maxAge: Infinity, sameSite: 'x' }] }), cookies: () => ({ cookies: 5 }), cookieNone: () => ({ cookies: [null] }),
  length: () => ({ body: 'abc', headers: { 'content-length': '-1' } }), upgrade: () => ({ status: 101, headers: { connection: 'upgrade', upgrade: 'x' } }),
  throwsProxy: () => { throw revoked.proxy; }, throwsSymbol: () => { throw Symbol('t'); }, throwsNull: () => { throw null; }, throwsCircular: () => { throw circular; }, throwsStack: () => { throw Object.defineProperty(new Error('m'), 'stack', { get() { throw new Error('stack'); } }); },
  throwsFrozen: () => { throw Object.freeze(new Error('f')); }, throwsMessage: () => { throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('message'); } }); }, rejects: () => Promise.reject(undefined), thenable: () => ({ then(_, no) { no(0); } }), thenThrows: () => ({ then() { throw 1; } }), response: () => new Response('r'), big: () => ({ body: 'x'.repeat(5e6) }), deep: () => ({ jsonBody: JSON.parse('['.repeat(900) + ']'.repeat(900)) }), date: () => ({ jsonBody: new Date(NaN) }), toJson: () => ({ jsonBody: { toJSON() { throw new Error('toJSON'); } } }),
};
const open = { authLevel: 'anonymous', methods: ['GET', 'POST'] };
app.http('ping', { ...open, handler: () => ({ body: 'pong' }) });
app.http('echo', { ...open, handler: async (request) => ({ jsonBody: { text: await request.text(), query: [...request.query] } }) });
app.http('names', { ...open, handler: () => ({ jsonBody: Object.keys(odd) }) });
app.http('odd', { ...open, route: 'odd/{name}', handler: (request) => odd[request.params.name]() });
app.http('start', { ...open, route: 'start/{way}/{name}', extraInputs: [df.input.durableClient()], handler: async (request, context) => { await df.getClient(context).startNew(request.params.way, { instanceId: request.params.way + '-' + request.params.name, input: request.params.name }); return { status: 202 }; } });
df.app.activity('act', { handler: (name) => odd[name]() });
df.app.entity('ent', (context) => { context.df.setState(odd[context.df.getInput()]()); context.df.return(odd[context.df.getInput()]()); });
df.app.orchestration('returns', function* (context) { return odd[context.df.getInput()](); });
df.app.orchestration('yields', function* (context) { return yield odd[context.df.getInput()](); });
df.app.orchestration('passes', function* (context) { const input = context.df.getInput(); context.df.setCustomStatus(odd[input]()); yield context.df.callActivity('act', odd[input]()); });
df.app.orchestration('calls', function* (context) { return yield context.df.callActivity('act', context.df.getInput()); });
df.app.orchestration('asks', function* (context) { return yield context.df.callEntity(new df.EntityId('ent', 'k' + context.df.getInput()), 'set', context.df.getInput()); });
df.app.orchestration('continues', function* (context) { const input = context.df.getInput(); if (typeof input === 'string' && input in odd) context.df.continueAsNew(odd[input]()); return 'end'; });
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({
    'index.cjs': app,
    'host.json':
      '{"version":"2.0","extensionBundle":{"id":"Microsoft.Azure.Functions.ExtensionBundle","version":"[4.*, 5.0.0)"}}',
  });
});
afterAll(() => tested.stop());

const pong = async (): Promise<string> => (await tested.send('GET', '/api/ping')).text;

/** Requests that the host knows, as texts. */
function known(): string[] {
  const hook = '/runtime/webhooks/durabletask';
  const code = `code=${tested.host.keys.durable}`;
  const json = (method: string, path: string, body: string): string =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return [
    'GET /api/ping HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; b="2"\r\n\r\n',
    'POST /api/echo?a=1&b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    json('POST', `${hook}/orchestrators/returns/hostile-1?${code}`, '"nothing"'),
    json('POST', `${hook}/instances/hostile-1/raiseEvent/go?${code}`, '{"a":[1,{"b":"c"}]}'),
    json('GET', `${hook}/instances?${code}&top=2&runtimeStatus=Running&createdTimeFrom=2020-01-01T00:00:00Z`, ''),
    json('POST', `${hook}/entities/ent/k?op=set&${code}`, '1'),
    json('POST', `/runtime/webhooks/EventGrid?functionName=x&code=${tested.host.keys.eventGrid}`, '[{"id":"1"}]'),
    json('POST', `/admin/functions/ping?code=${tested.host.keys.master}`, '{"input":"x"}'),
    'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
  ];
}

type Change = readonly [kind: 'cut' | 'drop' | 'twice' | 'put' | 'flip', at: number, length: number, bytes: Uint8Array];

function changed(start: Buffer, [kind, at, length, bytes]: Change): Buffer {
  const from = Math.floor(at * start.length);
  const to = Math.min(start.length, from + length);
  const [before, middle, after] = [start.subarray(0, from), start.subarray(from, to), start.subarray(to)];
  switch (kind) {
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after]);
    case 'twice':
      return Buffer.concat([before, middle, middle, after]);
    case 'put':
      return Buffer.concat([before, bytes, middle, after]);
    case 'flip':
      return Buffer.concat([
        before,
        middle.map((byte, index) => byte ^ (bytes[index % (bytes.length || 1)] ?? 1)),
        after,
      ]);
  }
}

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('cut', 'drop', 'twice', 'put', 'flip'),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(40),
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc
      .constantFrom(
        '\r\n',
        '\n',
        '\0',
        '%',
        '%2',
        '%00',
        '..',
        '//',
        '\r\n\r\n',
        'Content-Length: 5\r\n',
        ': ',
        'é',
        '\uFEFF',
        '#',
        '?',
      )
      .map((text) => new Uint8Array(Buffer.from(text))),
  ),
);

/** Sends the parts over one connection, and ends it in the given way. */
async function sendParts(parts: readonly Buffer[], end: 'reset' | 'half' | 'wait'): Promise<void> {
  const socket = connect(tested.host.port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  for (const part of parts) await new Promise<void>((resolve) => socket.write(part, () => resolve()));
  if (end === 'half') socket.end();
  if (end === 'wait') await Promise.race([answered, closed, sleep(30)]);
  socket.destroy();
  await closed;
}

describe('the host goes on', () => {
  it('after any bytes of a caller', { timeout: 120_000 }, async () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2 });
    const ends = fc.constantFrom('reset', 'half', 'wait');
    const request = fc
      .nat()
      .chain((index) => fc.array(change, { maxLength: 4 }).map((changes) => ({ index, changes })));
    await fc.assert(
      fc.asyncProperty(request, cuts, ends, async ({ index, changes }, places, end) => {
        const all = known();
        const whole = changes.reduce(changed, Buffer.from(all[index % all.length] ?? ''));
        const at = [0, ...places.map((place) => Math.floor(place * whole.length)), whole.length].sort((a, b) => a - b);
        await sendParts(
          at.slice(1).map((stop, part) => whole.subarray(at[part], stop)),
          end,
        );
        expect(await pong()).toBe('pong');
      }),
      { seed: 27, numRuns: 400 },
    );
  });

  it('after bytes that are no request', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('reset', 'half', 'wait'),
        async (bytes, end) => {
          await sendParts([Buffer.from(bytes)], end);
          expect(await pong()).toBe('pong');
        },
      ),
      { seed: 27, numRuns: 60 },
    );
  });

  it('after any answer and any error of a function', { timeout: 60_000 }, async () => {
    for (const name of (await tested.get('/api/names')) as string[]) {
      // A connection that breaks is an answer, too.
      await tested.send('GET', `/api/odd/${name}`).catch(() => undefined);
      expect(await pong(), name).toBe('pong');
    }
  });

  it.each(['returns', 'yields', 'passes', 'calls', 'asks', 'continues'])(
    'after any value in durable functions: %s',
    { timeout: 60_000 },
    async (way) => {
      // A rejection that nobody handles would be the test run's own. process.test.ts has it.
      const names = ((await tested.get('/api/names')) as string[]).filter((name) => name !== 'rejects');
      for (const name of names) {
        expect((await tested.send('POST', `/api/start/${way}/${name}`)).status).toBe(202);
        expect(await pong(), name).toBe('pong');
      }
      const code = `code=${tested.host.keys.durable}`;
      const list = await tested.send('GET', `/runtime/webhooks/durabletask/instances?${code}&instanceIdPrefix=${way}`);
      expect(list.status).toBe(200);
    },
  );
});
