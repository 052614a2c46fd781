import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostWith, type Answered, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions');
const seen = [];
app.eventGrid('grid', { handler: (event, context) => { if (event.data?.refuse) throw new Error('refused'); seen.push({ event, metadata: context.triggerMetadata }); } });
app.eventGrid('list', { cardinality: 'many', handler: (events, context) => { seen.push({ events, metadata: context.triggerMetadata }); } });
app.http('seen', { authLevel: 'anonymous', handler: () => ({ jsonBody: seen.splice(0) }) });
`;

let tested: HostUnderTest;
beforeAll(async () => {
  tested = await hostWith({ 'index.cjs': app });
});
afterAll(() => tested.stop());

const address = (name = 'grid'): string =>
  `/runtime/webhooks/EventGrid?functionName=${name}&code=${tested.host.keys.eventGrid}`;
const post = (type: string | undefined, body: unknown, path = address()): Promise<Answered> =>
  tested.send('POST', path, {
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(type === undefined ? {} : { 'aeg-event-type': type }) },
  });
const short = ({ status, text }: Answered): [number, string] => [status, text];

describe('the Event Grid webhook', () => {
  it('requires its own key or the master key', async () => {
    const at = (code: string): string => `/runtime/webhooks/EventGrid?functionName=grid&code=${code}`;
    const { keys } = tested.host;

    expect((await post('Notification', [], '/runtime/webhooks/EventGrid?functionName=grid')).status).toBe(401);
    expect((await post('Notification', [], at('wrong'))).status).toBe(401);
    expect((await post('Notification', [], at(keys.function))).status).toBe(403);
    expect((await post('Notification', [], at(keys.durable))).status).toBe(403);
    expect((await post('Notification', [], at(keys.master))).status).toBe(202);
    expect((await post('Notification', [])).status).toBe(202);
  });

  it('gives the function each event unchanged, with its data as metadata', async () => {
    const event = { id: '1', eventTime: '2026-01-01T00:00:00.1234567Z', data: { N: [1] } };
    expect(short(await post('Notification', [event, { id: '2', data: 'text' }]))).toEqual([202, '']);
    expect(await tested.get('/api/seen')).toEqual([
      { event, metadata: { data: { n: [1] } } },
      { event: { id: '2', data: 'text' }, metadata: { data: 'text' } },
    ]);
  });

  it('accepts CloudEvents, one or a list', async () => {
    const cloud = { specversion: '1.0', id: 'c', source: '/s', type: 'a.b' };
    expect((await post('Notification', cloud)).status).toBe(202);
    expect((await post('notification', [cloud, { ...cloud, id: 'd' }])).status).toBe(202);
    expect(await tested.get('/api/seen')).toHaveLength(3);
  });

  it('answers a whole delivery with 500 if the function fails for one event', async () => {
    expect(short(await post('Notification', [{ id: 'good' }, { id: 'bad', data: { refuse: true } }]))).toEqual([
      500,
      'Exception while executing function: Functions.grid',
    ]);
    expect(await tested.get('/api/seen')).toEqual([{ event: { id: 'good' }, metadata: {} }]);
  });

  it('gives times in .NET’s form, and reads what only looks like one as text', async () => {
    const data = { at: '2020-01-01T00:00:00.1200Z', text: '2020-01-01T00:00:00+99:99x' };
    expect((await post('Notification', [{ id: '1', data }])).status).toBe(202);
    expect(await tested.get('/api/seen')).toMatchObject([
      { event: { data: { ...data, at: '2020-01-01T00:00:00.12Z' } } },
    ]);
  });

  it('gives a function of many events the whole list, with the list of their data as metadata', async () => {
    const events = [{ id: '1', data: { N: [1] } }, { id: '2' }, { id: '3', data: 'text' }];
    expect(short(await post('Notification', events, address('list')))).toEqual([202, '']);
    expect(await tested.get('/api/seen')).toEqual([{ events, metadata: { data: [{ n: [1] }, null, 'text'] } }]);
  });

  it('answers the validation handshakes of both schemas', async () => {
    const validation = { data: { validationCode: 'the-code' } };
    const answer = await post('SubscriptionValidation', [validation]);

    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      '{"validationResponse":"the-code"}',
      'text/plain; charset=utf-8',
    ]);
    expect((await post('SubscriptionValidation', { data: JSON.stringify(validation.data) })).text).toContain(
      'the-code',
    );

    const options = await tested.send('OPTIONS', address(), {
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
    });

    expect([options.status, options.headers['webhook-allowed-origin']]).toEqual([200, 'eventgrid.azure.net']);
  });

  it.each([
    ['SubscriptionValidation', '[]', 500],
    ['Notification', '{nope', 500],
    ['Notification', '5', 500],
    ['Notification', '["x"]', 500],
    ['Notification', '[{"id": "lenient"}, /* as Newtonsoft */ ]', 202],
    [undefined, '[]', 400],
    ['Odd', '[]', 400],
    ['Unsubscribe', '', 202],
  ])('answers type %s with body %s by %i', async (type, body, status) => {
    expect((await post(type, body)).status).toBe(status);
  });

  it('finds functions by their exact name', async () => {
    expect(short(await post('Notification', [], address('GRID')))).toEqual([404, "cannot find function: 'GRID'"]);
    expect(short(await post('Notification', [], address('seen')))).toEqual([404, "cannot find function: 'seen'"]);
    expect((await tested.send('GET', address())).status).toBe(400);
    expect((await tested.send('PATCH', address())).status).toBe(404);
  });

  it('gives a function that is run by hand the input as its event', async () => {
    await tested.get('/api/seen');
    const answer = await tested.send('POST', `/admin/functions/grid?code=${tested.host.keys.master}`, {
      body: JSON.stringify({ input: '{"id":"by hand"}' }),
      headers: { 'content-type': 'application/json' },
    });

    expect(answer.status).toBe(202);
    await expect.poll(() => tested.get('/api/seen')).toEqual([expect.objectContaining({ event: { id: 'by hand' } })]);
  });
});
