import { describe, expect, test } from 'vitest';
import { misfits } from '../../../fakes/answers/apiDocument.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';
import { VAULT_ID } from '../../../fakes/services/access.js';
import { engineError } from '../../../fakes/durable/durableClient.js';
import { ONBOARD, row, SUBSCRIPTION, SCHEMA, usePostRollouts } from './postRolloutsUnderTest.js';

const it = usePostRollouts();

describe('POST /api/rollouts', () => {
  test('starts a rollout with all rows, and answers with its view', async () => {
    const { status, headers, body } = await it.post({ kind: 'rotate', clients: [row('a'), row('b')], name: 'Two' });
    expect([status, headers?.['location']]).toEqual([202, `/api/rollouts/${String(body['id'])}`]);
    expect(misfits(SCHEMA, body)).toEqual([]);
    expect(body).toMatchObject({ name: 'Two', kind: 'rotate', status: 'running', requestedBy: 'ann', rows: 2 });
    const [input] = it.engine.inputs;
    expect(input).toMatchObject({
      actor: 'ann',
      run: body['id'],
      plan: {
        waves: { size: 500, pauseSeconds: 0 },
        failureLimit: { percent: 10, minimum: 5 },
        freezeWindows: [],
        dryRun: false,
        subscriptions: [{ id: SUBSCRIPTION, rows: 2 }],
        rates: config().arm.rates,
      },
    });
    expect(it.engine.piece(String(body['id']))?.requests).toEqual([
      { registry: REGISTRY, ...row('a') },
      { registry: REGISTRY, ...row('b') },
    ]);
  });

  test('puts up to 500 rows into an entity', async () => {
    const clients = Array.from({ length: 1_001 }, (_, nth) => row(`d${nth}`));
    const { body } = await it.post({ kind: 'check', clients });
    const puts = it.engine.signals.filter(({ operation }) => operation === 'put');
    expect(puts.map(({ input }) => (input as { requests: unknown[] }).requests.length)).toEqual([500, 500, 1]);
    expect(puts[2]?.input).toMatchObject({
      by: { actor: 'ann', operation: `rollout-${String(body['id'])}.${String(body['id'])}` },
    });
    expect(it.engine.piece(String(body['id']), 2)?.requests).toMatchObject([{ client: 'd1000' }]);
  });

  test('puts no row before its orchestration is started', async () => {
    const before: number[] = [];
    const startNew = it.engine.startNew.bind(it.engine);
    it.engine.startNew = (...given) => {
      before.push(it.engine.signals.length);
      return startNew(...given);
    };
    await it.post({ kind: 'check', clients: [row('d0')] });
    expect([before, it.engine.signals.length]).toEqual([[0], 1]);
  });

  test('fills in the defaults of an onboarding, which a row overrides', async () => {
    const clients = [{ client: 'a' }, { client: 'b', repositories: ['samples/edge'], credentialLifetimeDays: 60 }];
    const { status, body } = await it.post({ ...ONBOARD, clients });
    expect(status).toBe(202);
    expect(it.engine.piece(String(body['id']))?.requests).toMatchObject([
      { client: 'a', image: 'hello-world:latest', permissions: { 'hello-world': ['content/read'] } },
      { client: 'b', permissions: { 'samples/edge': ['content/read'] }, credentialLifetimeDays: 60 },
    ]);
  });

  test('counts the rows that name an identity, for the vault’s subscription', async () => {
    const identity = { principalId: '11111111-1111-1111-1111-111111111111' };
    const clients = [{ client: 'a', identity }, { client: 'b' }, { client: 'c', identity }];
    await it.post({ ...ONBOARD, clients });
    it.settings['KEY_VAULT_RESOURCE_ID'] = VAULT_ID;
    await it.post({ ...ONBOARD, clients });
    const plans = it.engine.inputs.map((input) => (input as { plan: { access?: unknown } }).plan.access);
    expect(plans).toEqual([undefined, { subscription: VAULT_ID.split('/')[2], rows: 2 }]);
  });

  test('takes waves, limits, windows and a start time as they are given', async () => {
    await it.post({
      kind: 'offboard',
      clients: [row('a')],
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 0, minimum: 1 },
      startAt: '2026-03-02T01:00:00+01:00',
      freezeWindows: ['0 18 * * 5|PT62H|Europe/Berlin'],
      dryRun: true,
    });
    expect(it.engine.inputs[0]?.plan).toMatchObject({
      waves: { canary: 1, size: 10, pauseSeconds: 60 },
      failureLimit: { percent: 0, minimum: 1 },
      startAt: '2026-03-02T00:00:00.000Z',
      freezeWindows: [{ cron: '0 18 * * 5', seconds: 223_200, timeZone: 'Europe/Berlin' }],
      dryRun: true,
    });
  });

  test.each([
    [{ waves: { canary: 1 } }, { waves: { canary: 1, size: 500, pauseSeconds: 0 } }],
    [{ waves: { pauseSeconds: 9 } }, { waves: { size: 500, pauseSeconds: 9 } }],
    [{ failureLimit: { percent: 5 } }, { failureLimit: { percent: 5, minimum: 5 } }],
    [{ failureLimit: { minimum: 1 } }, { failureLimit: { percent: 10, minimum: 1 } }],
  ])('fills in what waves and a limit do not have: %o', async (given, expected) => {
    expect((await it.post({ kind: 'rotate', clients: [row('a')], ...given })).status).toBe(202);
    expect(it.engine.inputs[0]?.plan).toMatchObject(expected);
  });

  test('answers as opening if the clients are not claimed in time', async () => {
    it.engine.conflicts = undefined;
    const { status, body } = await it.post({ kind: 'rotate', clients: [row('a')] });
    expect([status, body['status'], body['counts']]).toMatchObject([202, 'opening', { waiting: 1 }]);
    expect(misfits(SCHEMA, body)).toEqual([]);
  });

  test('says that it does not know if the it.engine does not show the start', async () => {
    it.engine.onStart = () => undefined;
    it.engine.conflicts = undefined;
    expect(await it.post({ kind: 'rotate', clients: [row('a')] })).toMatchObject({
      status: 503,
      body: { code: 'engine-slow' },
    });
  });

  test('puts no rows if the engine refuses the start and shows no orchestration', async () => {
    it.engine.onStart = () => {
      throw engineError(500);
    };
    it.engine.conflicts = undefined;
    const { status, body } = await it.post({ kind: 'rotate', clients: [row('a')] });
    expect([status, body['code'], it.engine.signals]).toEqual([503, 'engine-slow', []]);
  });

  test('puts the rows if the engine refuses the start but shows the orchestration', async () => {
    it.engine.onStart = (_nth, { instanceId, input }) => {
      it.engine.instances.set(instanceId, { name: 'rollout', input, runtimeStatus: 'Pending' });
      throw engineError(409);
    };
    const { status, body } = await it.post({ kind: 'rotate', clients: [row('a')] });
    expect([status, body['status'], it.engine.signals.length]).toEqual([202, 'opening', 1]);
  });

  test('refuses more clients than open rollouts may have together, and says what to do', async () => {
    it.engine.claimed = 49_999;
    const { status, body } = await it.post({ kind: 'rotate', clients: [row('a'), row('b')] });
    expect([status, body]).toMatchObject([
      409,
      {
        code: 'rollouts-full',
        detail: expect.stringMatching(/50000 clients together, and the others have 49999.*cancel/),
      },
    ]);
    expect(it.engine.instances.size).toBe(1);
  });

  test('refuses rows that are too large to be stored together', async () => {
    const repositories = Array.from({ length: 90 }, (_, nth) => `${'r'.repeat(180)}${nth}`);
    const clients = (count: number) => Array.from({ length: count }, (_, nth) => ({ ...row(`c${nth}`), repositories }));
    const { status, body } = await it.post({ kind: 'onboard', clients: clients(50) });
    expect([status, body]).toMatchObject([
      400,
      { errors: [{ row: 1, message: expect.stringMatching(/^this row and the 49 after it take \d+ bytes/) }] },
    ]);
    expect((await it.post({ kind: 'onboard', clients: clients(30) })).status).toBe(202);
  });

  test('names the clients that are in another rollout, by their rows', async () => {
    it.engine.conflicts = [{ row: 1, rollout: 'other' }];
    const { status, body } = await it.post({ kind: 'rotate', clients: [row('a'), row('b')] });
    expect([status, body]).toMatchObject([
      409,
      { code: 'client-in-rollout', conflicts: [{ row: 2, registry: REGISTRY, ...row('b'), rollout: 'other' }] },
    ]);
    const file = `client,connectedRegistry\n\na,${CONNECTED_REGISTRY}\n\nb,${CONNECTED_REGISTRY}\n`;
    expect((await it.csv(file, { kind: 'rotate' })).body['conflicts']).toMatchObject([{ row: 5, client: 'b' }]);
  });
});
