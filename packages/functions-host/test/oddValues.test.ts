/** Values, ids and addresses that the real host changes or refuses, seen from outside through a whole app. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions'); const df = require('durable-functions');
const nested = (depth) => JSON.parse('{"in":'.repeat(depth) + '1' + '}'.repeat(depth));
const results = {
  NaN: () => NaN, Infinity: () => Infinity, beyondInt64: () => 1e21, withType: () => ({ $type: 'A, B', kept: 1 }), withId: () => ({ $id: 'x', kept: 1 }),
  withRef: () => ({ $ref: '#/a', more: 1 }), withValues: () => ({ $values: [1], $id: 'x' }), innerRef: () => ({ port: { $ref: '#/a' } }),
  deep: () => nested(64), tooDeep: () => nested(65), halfAPair: () => 'x\\udc00',
};
df.app.activity('gives', { handler: (name) => results[name]() });
df.app.entity('Deep', (context) => { context.df.setState(nested(context.df.getInput())); });
df.app.orchestration('passesOn', function* (context) { return yield context.df.callActivity('gives', context.df.getInput()); });
df.app.orchestration('waitsForDeep', function* (context) { return JSON.stringify(yield context.df.callActivity('gives', 'deep')).length; });
df.app.orchestration('returns', function* (context) { return context.df.getInput(); });
df.app.orchestration('invalidTimer', function* (context) { yield context.df.createTimer(new Date(NaN)); });
const http = (name, handler, more) => app.http(name, { methods: ['GET', 'POST'], authLevel: 'anonymous', ...more, handler });
const client = { extraInputs: [df.input.durableClient()] };
http('starts', async (request, context) => { const { name, input, instanceId } = await request.json(); try { return { jsonBody: { id: await df.getClient(context).startNew(name, { input, instanceId }) } }; } catch (error) { return { jsonBody: { failed: error.message } }; } }, client);
http('links', (request, context) => df.getClient(context).createCheckStatusResponse(request, request.params.id), { ...client, route: 'links/{id}' });
http('queries', (request) => ({ jsonBody: [...request.query] }));
http('attaches', () => ({ body: 'x', headers: { 'content-disposition': 'attachment; filename="über.txt"' } }));
http('miscounts', () => ({ body: 'four', headers: { 'content-length': '2' } }));
http('adminMetrics', () => ({ body: 'x' }));
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app }, { durable: { inMemory: true } });
});
afterAll(() => tested.stop());

const hook = (path: string): string => `/runtime/webhooks/durabletask/${path}?code=${tested.host.keys.durable}`;

/** Starts by the client. */
async function starts(name: string, input: unknown, instanceId?: string): Promise<{ id?: string; failed?: string }> {
  const { text } = await tested.send('POST', '/api/starts', { body: JSON.stringify({ name, input, instanceId }) });
  return JSON.parse(text) as { id?: string; failed?: string };
}

interface Status {
  readonly runtimeStatus: string;
  readonly output: unknown;
}

/** How an orchestration ends. */
async function endOf(name: string, input?: unknown): Promise<[string, unknown]> {
  const { id = '' } = await starts(name, input);
  const look = async (): Promise<Status> =>
    JSON.parse((await tested.send('GET', hook(`instances/${id}`))).text || '{}') as Status;
  await expect.poll(async () => (await look()).runtimeStatus, { timeout: 10_000 }).toMatch(/Completed|Failed/);
  const { runtimeStatus, output } = await look();
  return [runtimeStatus, output];
}

describe('the result of an activity', () => {
  it.each([
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['beyondInt64', 9223372036854776000],
    ['withType', { kept: 1 }],
    ['withId', { kept: 1 }],
    ['innerRef', { port: { $ref: '#/a' } }],
  ])('%s becomes %j', async (name, output) => {
    expect(await endOf('passesOn', name)).toEqual(['Completed', output]);
  });

  it.each([
    ['withRef', 'Additional content found in JSON reference object. A JSON reference object should only have a $ref'],
    ['withValues', 'Additional text found in JSON string after finishing deserializing object.'],
    ['tooDeep', "The reader's MaxDepth of 64 has been exceeded."],
    ['halfAPair', 'node exited with code 1 (0x1)'],
  ])('%s fails the activity', async (name, why) => {
    const [status, output] = await endOf('passesOn', name);
    expect(status).toBe('Failed');
    expect(output).toContain(`Orchestrator function 'passesOn' failed: Activity function 'gives' failed: ${why}`);
  });

  it('may be 64 levels deep', async () => {
    expect(await endOf('waitsForDeep')).toEqual(['Completed', 64 * 7 + 1]);
  });
});

describe('an orchestration', () => {
  it('that returns an object of a $type completes without it, and of a $ref with null', async () => {
    expect(await endOf('returns', { $type: 'A', kept: 1 })).toEqual(['Completed', { kept: 1 }]);
    expect(await endOf('returns', { $ref: 'x' })).toEqual(['Completed', null]);
  });

  it('fails if it creates a timer at an invalid date', async () => {
    const [status, output] = await endOf('invalidTimer');
    expect(status).toBe('Failed');
    expect(output).toContain("Error converting value {null} to type 'System.DateTime'.");
  });
});

describe('the state of an entity', () => {
  const signal = async (key: string, depth: number): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const path = `/runtime/webhooks/durabletask/entities/Deep/${key}?op=make&code=${tested.host.keys.durable}`;
    expect((await tested.send('POST', path, { body: String(depth), headers })).status).toBe(202);
    await expect.poll(async () => (await tested.send('GET', hook(`entities/Deep/${key}`))).status).not.toBe(404);
  };

  it('is readable down to 64 levels, and a text in lists if it is deeper', async () => {
    await signal('a', 64);
    await signal('b', 65);
    expect((await tested.send('GET', hook('entities/Deep/a'))).text).toMatch(/^\{"in":/);
    const { status, text } = await tested.send('GET', hook('entities/Deep/b'));
    expect([status, JSON.parse(text)]).toEqual([
      500,
      expect.objectContaining({ ExceptionType: 'Newtonsoft.Json.JsonReaderException' }),
    ]);
    expect(text).toContain("The reader's MaxDepth of 64 has been exceeded.");
    const list = (await tested.get(`${hook('entities/Deep')}&fetchState=true`)) as { state: unknown }[];
    expect(list.map(({ state }) => typeof state)).toEqual(['object', 'string']);
  });
});

describe('an instance id', () => {
  it.each([
    ['a%2Bb', 202, '{"id":"a b",'],
    ['a%252Bb', 202, '{"id":"a+b",'],
    ['a%252Fb', 404, ''],
  ])('%s in the path of a start is answered by %i and %s', async (path, status, begin) => {
    const answer = await tested.send('POST', hook(`orchestrators/returns/${path}`), {
      body: '1',
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.text.slice(0, begin.length || 1)]).toEqual([status, begin]);
  });

  it('of the client has its plus read as a space, and stays as it is with a percent sign', async () => {
    expect(await starts('returns', 1, 'c+d')).toEqual({ id: 'c d' });
    expect(await starts('returns', 1, 'c%d')).toEqual({ id: 'c%d' });
  });

  it('of the client with an encoded slash is not found', async () => {
    expect((await starts('returns', 1, 'c%2Fd')).failed).toMatch(/status code: 404/);
  });

  it('with a letter beyond ASCII has no status link that can be sent', async () => {
    expect((await tested.send('GET', '/api/links/plain')).status).toBe(202);
    expect((await tested.send('GET', '/api/links/%C3%BC')).status).toBe(500);
  });
});

describe('an HTTP function', () => {
  it('whose name begins with admin needs a route', async () => {
    const answer = await tested.send('GET', '/api/adminMetrics');
    expect([answer.status, answer.text]).toEqual([404, '']);
    expect(tested.host.index.errors.get('adminMetrics')).toMatch(/conflicts with one or more built in routes/);
  });

  it.each(['attaches', 'miscounts'])('whose headers cannot be sent is a 500: %s', async (name) => {
    expect((await tested.send('GET', `/api/${name}`)).status).toBe(500);
  });

  it.each([
    ['x=1&x=', [['x', '1']]],
    ['x=1&X=2', [['X', '1,2']]],
    ['x=%FF', [['x', '%FF']]],
  ])('gets the query %s as %j', async (query, pairs) => {
    expect(await tested.get(`/api/queries?${query}`)).toEqual(pairs);
  });
});
