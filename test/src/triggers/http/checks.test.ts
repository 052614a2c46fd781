import type { InvocationContext, Timer } from '@azure/functions';
import { beforeEach, describe, expect, test } from 'vitest';
import { CHECK } from '../../../../src/domain/check/checkRun.js';
import { postChecks } from '../../../../src/triggers/http/routes/checks.js';
import { cancelOperation, getOperation } from '../../../../src/triggers/http/routes/operations.js';
import { dailyCheck } from '../../../../src/triggers/timer/dailyCheck.js';
import type { FindUnknown } from '../../../../src/queries/clients/clientKnown.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';

let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
  findUnknown = async () => undefined;
});
const clients = ['a', 'b'].map((client) => ({ connectedRegistry: CONNECTED_REGISTRY, client }));
let findUnknown: FindUnknown = async () => undefined;
const post = async (body: unknown) =>
  seen(
    await postChecks(config(), { findUnknown: (...args) => findUnknown(...args) })(
      httpRequest({ body }),
      engine.client,
      'ann',
    ),
  );
const idOf = (body: Readonly<Record<string, unknown>>) => String(body['id']);

describe('POST /api/checks', () => {
  test('starts one run for all named clients, each with its id', async () => {
    const { status, headers, body } = await post({ clients });
    const id = idOf(body);
    expect(status).toBe(202);
    expect(headers?.['location']).toBe(`/api/operations/${id}`);
    expect(body).toEqual({
      id,
      status: 'running',
      operations: clients.map((client) => ({ registry: REGISTRY, ...client, id, status: 'running' })),
    });
    expect(engine.instances.size).toBe(1);
    const found = engine.instances.get(id.split('.')[0] ?? '');
    expect(found?.name).toBe(CHECK);
    expect(found?.input).toMatchObject({
      actor: 'ann',
      request: { clients: [{ client: 'a' }, { client: 'b' }], registries: [REGISTRY] },
    });
  });

  test('starts another run for each request, since earlier findings may be outdated', async () => {
    expect(idOf((await post({ clients })).body)).not.toBe(idOf((await post({ clients })).body));
  });

  test('checks all clients without names, and attaches to a running check of all', async () => {
    const first = await post({});
    expect(first.body).toMatchObject({ operations: [] });
    expect(idOf(first.body)).toMatch(/^ck-all\./);
    expect(idOf((await post({})).body)).toBe(idOf(first.body));
    const found = engine.instances.get('ck-all');
    if (found) found.runtimeStatus = 'Completed';
    expect(idOf((await post({})).body)).not.toBe(idOf(first.body));
  });

  test('reports an unknown client as a problem, in the answer and in a dry run, and checks the others', async () => {
    const near = [{ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'B' }];
    findUnknown = async ({ client }) => (client === 'b' ? { near } : undefined);
    const { status, body } = await post({ clients });
    expect([status, body]).toMatchObject([
      202,
      {
        operations: [
          { client: 'a', status: 'running' },
          { client: 'b', problem: { code: 'client-unknown', near } },
        ],
      },
    ]);
    const found = engine.instances.get(idOf(body).split('.')[0] ?? '');
    expect(found?.input).toMatchObject({ request: { clients: [{ client: 'a' }] } });
    const dry = await post({ clients, dryRun: true });
    expect(dry.body).toMatchObject({
      problems: [{ code: 'client-unknown', fix: expect.stringContaining('B of') as string }],
    });
  });

  test('starts nothing if all clients are unknown, and suggests similar names', async () => {
    const near = [{ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'A' }];
    findUnknown = async () => ({ near });
    const { status, headers, body } = await post({ clients });
    expect([status, headers?.['location'], engine.starts]).toEqual([202, undefined, 0]);
    expect(body).toMatchObject({
      operations: clients.map((client) => ({ ...client, problem: { near, status: 404 } })),
    });
    expect([body['id'], body['status']]).toEqual([undefined, undefined]);
  });

  test('starts nothing for a dry run', async () => {
    expect(await post({ clients, dryRun: true })).toMatchObject({
      status: 200,
      body: { problems: [], writes: [], adopts: [] },
    });
    expect(engine.starts).toBe(0);
  });

  test.each([
    [{ clients: [] }, 'clients'],
    [{ clients: Array.from({ length: 101 }, (_, nth) => ({ ...clients[0], client: `d${nth}` })) }, 'clients'],
    [{ clients: [clients[0], clients[0]] }, 'clients.1'],
    [{ clients: [{ client: 'a' }] }, 'clients.0.connectedRegistry'],
    [{ clients: [{ ...clients[0], registry: 'otherregistry' }] }, 'clients.0.registry'],
    [{ dryRun: 'yes' }, 'dryRun'],
    [{ everything: true }, 'everything'],
    [[], 'body'],
  ])('refuses %j by the field', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect(engine.starts).toBe(0);
  });
});

describe('a check’s operation', () => {
  test('is found by its id, and names no client', async () => {
    const id = idOf((await post({ clients })).body);
    const { status, body } = seen(await getOperation(httpRequest({ params: { id } }), engine.client));
    expect([status, body['id'], body['kind'], body['status']]).toEqual([200, id, 'check', 'running']);
    expect(body).not.toHaveProperty('client');
  });

  test('shows its result', async () => {
    const id = idOf((await post({})).body);
    const result = { checked: 1, counts: { ok: 1 } };
    const output = { status: 'completed', endedAt: '2026-03-01T12:00:00.000Z', steps: [], result };
    Object.assign(engine.instances.get('ck-all') ?? {}, { runtimeStatus: 'Completed', output });
    expect(seen(await getOperation(httpRequest({ params: { id } }), engine.client)).body).toMatchObject({ result });
  });

  test('can be cancelled', async () => {
    const id = idOf((await post({ clients })).body);
    expect(seen(await cancelOperation(httpRequest({ params: { id } }), engine.client, 'ann')).status).toBe(202);
    expect(engine.raised).toMatchObject([{ id: id.split('.')[0], name: `cancel-${id.split('.')[1]}` }]);
  });
});

test('the daily timer starts a check of all, unless one is running', async () => {
  const timer = {} as Timer;
  const { context, lines } = invocation();
  const tick = (at: InvocationContext) => dailyCheck(config())(timer, engine.client, at);
  await tick(context);
  expect([...engine.instances.keys()]).toEqual(['ck-all']);
  expect(engine.instances.get('ck-all')?.input).toMatchObject({ actor: 'timer', request: { registries: [REGISTRY] } });
  await tick(context);
  expect(engine.instances.size).toBe(1);
  expect(lines.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
    { audit: 'run.start.succeeded', actor: 'timer', reason: 'started' },
    { audit: 'run.start.succeeded', reason: 'attached' },
  ]);
});
