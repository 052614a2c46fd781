import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

/** What goes wrong without a word outside an orchestrator's own code. */
const app = `
const { app } = require('@azure/functions'); const df = require('durable-functions');
const http = (name, handler, more) => app.http(name, { methods: ['GET', 'POST'], authLevel: 'anonymous', ...more, handler });
http('throwsNull', () => { throw null; });
http('throwsUndefined', async () => { throw undefined; });
http('length', (request) => ({ body: 'abc', headers: { 'content-length': request.params.n } }), { route: 'length/{n:int}' });
http('ownChunks', () => ({ body: 'abc', headers: { 'transfer-encoding': 'chunked' } }));
http('echo', async (request) => ({ body: await request.text() }));
df.app.activity('halfAPair', { handler: () => 'a\\ud800b' });
df.app.orchestration('calls', function* (context) { return yield context.df.callActivity('halfAPair'); });
df.app.activity('says', { handler: () => 'said' });
df.app.orchestration('asks', function* (context) { return yield context.df.callActivity('says'); });
df.app.orchestration('throws', function* () { throw new Error('at once'); });
df.app.orchestration('waits', function* (context) { return yield context.df.waitForExternalEvent('go'); });
`;

const hostJson = JSON.stringify({
  version: '2.0',
  extensions: { durableTask: { hubName: 'Own', defaultVersion: '1', versionMatchStrategy: 'strict' } },
});

let tested: HostUnderTest;
const serve = (strict: boolean) => async () => {
  tested = await hostWith({ 'index.cjs': app, 'host.json': hostJson }, { strict, durable: { inMemory: true } });
};
const stop = (): Promise<void> => tested.stop();

const warned = (part: string): string[] =>
  tested.log
    .filter(({ level, message }) => level === 'warning' && message.includes(part))
    .map(({ message }) => message);
const reported = (part: string): boolean =>
  tested.log.some(({ level, message }) => level === 'error' && message.includes(part));

const get = async (path: string): Promise<number> => (await tested.send('GET', `/api/${path}`)).status;
const chunked = async (): Promise<[number, string]> => {
  const { status, text } = await tested.send('POST', '/api/echo', { body: 'abc', chunked: true });
  return [status, text];
};
const hook = async (path: string, body = '1'): Promise<[number, string]> => {
  const target = `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}code=${tested.host.keys.durable}`;
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await tested.send('POST', target, { headers, body });
  return [status, text];
};

interface Status {
  readonly runtimeStatus: string;
  readonly output: unknown;
}

async function statusOf(id: string): Promise<Status> {
  const path = `/runtime/webhooks/durabletask/instances/${id}?code=${tested.host.keys.durable}`;
  return JSON.parse((await tested.send('GET', path)).text) as Status;
}
const within = { timeout: 10_000, interval: 20 };
async function comesTo(id: string, runtimeStatus: string): Promise<void> {
  await expect.poll(async () => (await statusOf(id)).runtimeStatus, within).toBe(runtimeStatus);
}

/** An instance that has failed, and has an earlier run of more turns. */
async function failAfterLongerRun(id: string): Promise<void> {
  await hook(`orchestrators/asks/${id}?version=1`);
  await comesTo(id, 'Completed');
  await hook(`orchestrators/throws/${id}?version=1`);
  await comesTo(id, 'Failed');
}

const otherHub = /went to the task hub 'other', on which no host works.*Cure: name this app's hub/;

describe('without --strict', () => {
  beforeAll(serve(false));
  afterAll(stop);

  it.each(['throwsNull', 'throwsUndefined'])('%s counts as a success, with one warning', async (name) => {
    expect([await get(name), await get(name)]).toEqual([204, 204]);
    expect(warned(`function '${name}' threw null or undefined`)).toHaveLength(1);
  });

  it('a wrong content-length is one warning for each function', async () => {
    expect([await get('length/2'), await get('length/1')]).toEqual([500, 500]);
    await expect(get('length/4')).rejects.toThrow();
    expect(warned("function 'length' sets content-length")).toHaveLength(1);
  });

  it('an activity that returns half of a surrogate pair fails as by the end of its worker, with one warning for all instances', async () => {
    for (const id of ['half', 'another']) {
      await hook(`orchestrators/calls/${id}?version=1`);
      await comesTo(id, 'Failed');
    }
    expect((await statusOf('half')).output).toContain(
      "Orchestrator function 'calls' failed: Activity function 'halfAPair' failed: node exited with code 1 (0x1)",
    );
    expect(warned('half of a surrogate pair')).toHaveLength(1);
  });

  it('a start and a signal to another task hub are accepted, with one warning each', async () => {
    for (const path of ['orchestrators/waits/lost?taskHub=other', 'entities/counter/k?op=add&taskHub=other'])
      expect([(await hook(path))[0], (await hook(path))[0]]).toEqual([202, 202]);
    expect(warned("the task hub 'other'")).toEqual([
      expect.stringMatching(/^the start of 'waits' went/),
      expect.stringMatching(/^a signal to 'counter' went/),
    ]);
  });

  it('an instance of another version waits, with one warning', async () => {
    await hook('orchestrators/waits/newer?version=2');
    await expect.poll(() => warned("instance 'newer': has version '2'"), within).toHaveLength(1);
    expect((await statusOf('newer')).runtimeStatus).toBe('Pending');
  });

  it('a rewind of a shorter run than one before it is accepted and does nothing, with one warning', async () => {
    await failAfterLongerRun('again');
    expect([(await hook('instances/again/rewind'))[0], (await hook('instances/again/rewind'))[0]]).toEqual([202, 202]);
    expect((await statusOf('again')).runtimeStatus).toBe('Failed');
    expect(warned("instance 'again': it is rewound, and does not run again: an earlier run of this id")).toHaveLength(
      1,
    );
  });

  it('an event that .NET cannot read is lost, with one warning', async () => {
    await hook('orchestrators/waits/unread?version=1');
    await comesTo('unread', 'Running');
    await hook('instances/unread/raiseEvent/go', '{"$type":null}');
    await expect.poll(() => warned("instance 'unread': got an event 'go'"), within).toHaveLength(1);
    expect((await statusOf('unread')).runtimeStatus).toBe('Running');
  });
});

describe('with --strict', () => {
  beforeAll(serve(true));
  afterAll(stop);

  it.each(['throwsNull', 'throwsUndefined'])('%s fails its request, each time', async (name) => {
    expect([await get(name), await get(name)]).toEqual([500, 500]);
    expect(reported(`function '${name}' threw null or undefined`)).toBe(true);
  });

  it.each(['2', '4'])('a content-length of %s for three bytes fails its request', async (length) => {
    expect(await get(`length/${length}`)).toBe(500);
    expect(reported(`function 'length' sets content-length to ${length}`)).toBe(true);
  });

  it('a transfer-encoding fails its request', async () => {
    const sent = request({ host: '127.0.0.1', port: tested.host.port, path: '/api/ownChunks' }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(500);
    sent.destroy();
    expect(reported("function 'ownChunks' sets the header transfer-encoding")).toBe(true);
  });

  it('a chunked body fails its request', async () => {
    expect(await chunked()).toEqual([500, '']);
    expect(reported("function 'echo' does not receive a request body")).toBe(true);
  });

  it('an activity that returns half of a surrogate pair fails with the reason and the fix', async () => {
    await hook('orchestrators/calls/half?version=1');
    await comesTo('half', 'Failed');
    expect((await statusOf('half')).output).toMatch(/returned a text with half of a surrogate pair.*toWellFormed\(\)/);
  });

  it('a start and a signal to another task hub are refused', async () => {
    for (const path of ['orchestrators/waits/lost?taskHub=other', 'entities/counter/k?op=add&taskHub=other'])
      expect(await hook(path)).toEqual([400, expect.stringMatching(otherHub)]);
  });

  it('an instance of another version fails with the reason and the fix', async () => {
    await hook('orchestrators/waits/newer?version=2');
    await comesTo('newer', 'Failed');
    expect((await statusOf('newer')).output).toMatch(/has version '2', which this host does not run.*Cure: run a host/);
  });

  it('a rewind of a shorter run than one before it is refused', async () => {
    await failAfterLongerRun('again');
    expect(await hook('instances/again/rewind')).toEqual([
      400,
      expect.stringMatching(/Cure: purge an instance before/),
    ]);
  });

  it('an event that .NET cannot read fails its orchestration', async () => {
    await hook('orchestrators/waits/unread?version=1');
    await comesTo('unread', 'Running');
    await hook('instances/unread/raiseEvent/go', '{"$type":null}');
    await comesTo('unread', 'Failed');
    expect((await statusOf('unread')).output).toMatch(/got an event 'go' whose value begins with a \$type/);
  });
});
