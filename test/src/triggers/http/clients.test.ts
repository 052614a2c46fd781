import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientPage } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { getClient, getClients } from '../../../../src/triggers/http/routes/clients.js';
import { formatContinuation } from '../../../../src/triggers/http/requests/continuation.js';
import { FakeDurableClient, httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { addFleet, nameOf, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { config, onboardingRun } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
let engine: FakeDurableClient;
beforeEach(async () => {
  vi.useFakeTimers({ now: ONBOARDED });
  world = createWorld();
  engine = new FakeDurableClient();
  await addFleet(world, 120);
});
afterEach(() => vi.useRealTimers());

const list = async (query: Readonly<Record<string, string>> = {}) =>
  seen(await getClients(config(), world.queries)(httpRequest({ query }), engine.client));
const page = async (query: Readonly<Record<string, string>> = {}) => (await list(query)).body as unknown as ClientPage;
const runOf = (nth: number) => ({ ...onboardingRun(), request: { ...onboardingRun().request, ...referenceOf(nth) } });

describe('GET /api/clients', () => {
  test('returns page after page by its continuation, each client once', async () => {
    const found: string[] = [];
    let pages = 0;
    for (let continuation: string | undefined = ''; continuation !== undefined; pages += 1) {
      const next: ClientPage = await page({ top: '50', ...(continuation ? { continuation } : {}) });
      found.push(...next.clients.map(({ client }) => client));
      ({ continuation } = next);
    }
    expect(pages).toBe(3);
    expect(found.toSorted()).toEqual(Array.from({ length: 120 }, (_, nth) => nameOf(nth)));
  });

  test.each([
    ['top', '0'],
    ['top', '101'],
    ['top', '1e1'],
    ['state', 'fine'],
    ['registry', 'x'],
    ['registry', 'otherregistry'],
    ['connectedRegistry', 'a b'],
    ['client', ''],
    ['expiresBefore', '2026-03-01'],
    ['expiresBefore', '2026-03-01T12:00:00'],
    ['continuation', 'x'],
    ['continuation', Buffer.from('{"place":{"skip":-1}}').toString('base64url')],
    ['reach', 'yes'],
    ['sort', 'up'],
  ])('refuses %s=%j by the name of the parameter', async (name, value) => {
    const { status, body } = await list({ [name]: value });
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['errors']).toMatchObject([{ field: name, fix: expect.any(String) }]);
    expect(world.wire.calls).toEqual([]);
  });

  test('lists tokens that belong to no client, page by page, and refuses filters that say something of clients', async () => {
    const names = ['press-1', 'press-2', 'press-3'];
    for (const name of names)
      world.controlPlane.tokens.set(name, {
        scopeMap: 'theirs',
        isEnabled: true,
        createdAt: '2025-01-01T00:00:00.000Z',
        slots: {},
      });
    const connectedRegistry = 'myconnectedregistry';
    world.controlPlane.change(connectedRegistry, {
      clientTokens: [...world.controlPlane.clientsOf(connectedRegistry), ...names],
    });
    engine.entities.set(`@tokenclaim@myregistry.press-3`, { owner: referenceOf(5) });
    const found: string[] = [];
    const query = { state: 'unmanaged', registry: 'MYregistry', top: '2' };
    let next: ClientPage | undefined;
    do {
      next = await page({ ...query, ...(next?.continuation === undefined ? {} : { continuation: next.continuation }) });
      expect(next.clients).toEqual([]);
      found.push(...(next.unmanaged ?? []).map(({ token, claimedBy }) => `${token} ${claimedBy?.client ?? 'nobody'}`));
    } while (next.continuation !== undefined);
    expect(found).toEqual(['press-1 nobody', 'press-2 nobody', `press-3 ${nameOf(5)}`]);
    expect(await page({ state: 'ok', top: '1' })).not.toHaveProperty('unmanaged');

    const { continuation = '' } = await page(query);
    for (const more of [{ client: 'x' }, { expiresBefore: '2026-03-01T12:00:00Z' }, { reach: 'true' }])
      expect((await list({ ...query, ...more })).body['errors']).toMatchObject([
        { field: 'state', message: `does not go with ${Object.keys(more)[0]}`, fix: expect.any(String) },
      ]);
    for (const bad of [{ continuation }, { state: 'ok', continuation }, { ...query, continuation: `${continuation}x` }])
      expect((await list(bad)).body['errors']).toMatchObject([{ field: 'continuation' }]);
    const elsewhere = formatContinuation({ registry: 'otherregistry' }, { state: 'unmanaged' });
    expect((await list({ state: 'unmanaged', continuation: elsewhere })).body['errors']).toMatchObject([
      { field: 'continuation' },
    ]);
  });

  test('accepts a continuation only with its own filters', async () => {
    const { continuation = '' } = await page({ top: '5', state: 'ok' });
    expect((await list({ top: '9', state: 'ok', continuation })).status).toBe(200);
    expect((await list({ top: '5', continuation })).body['errors']).toMatchObject([{ field: 'continuation' }]);
  });

  test('refuses a continuation that the vault does not know, and reports other failures as such', async () => {
    const { continuation = '' } = await page({ top: '50' });
    world.wire.fail('page', { when: 'before', kind: 'refused' });
    expect((await list({ continuation })).body['errors']).toMatchObject([{ field: 'continuation' }]);
    world.wire.fail('page', { when: 'before', kind: 'refused' });
    expect((await list()).body).toMatchObject({ status: 502, code: 'service-error' });
  });

  test('shows how devices are reached if it is asked for, also on the pages that follow', async () => {
    const { clients, continuation = '' } = await page({ top: '2', reach: 'true' });
    expect(clients.map(({ reach }) => reach)).toEqual([{ kind: 'eventGrid' }, { kind: 'eventGrid' }]);
    const [, second] = clients;
    const at = new Date().toISOString();
    const joined = { keys: {}, thumbprint: 'a-thumbprint', joinedAt: at, keysSince: at, lastContactAt: at };
    engine.entities.set(`@client@${second?.key}`, { joined });
    const { keys: _keys, ...shown } = joined;
    expect((await page({ top: '2', reach: 'true' })).clients[1]?.reach).toEqual({ kind: 'joined', ...shown });
    expect((await page({ top: '2', continuation, reach: 'true' })).clients[0]).toHaveProperty('reach');
    for (const query of [{ top: '2' }, { top: '2', reach: 'false' }])
      expect((await page(query)).clients[1]).not.toHaveProperty('reach');
  });

  test('shows the running operation, and no ended one', async () => {
    const [first, second] = (await page({ top: '2' })).clients;
    const nths = [first, second].map((view) => Number(view?.client.slice(-5)));
    engine.instances.set(first?.key ?? '', { name: ONBOARD, input: runOf(nths[0] ?? 0), runtimeStatus: 'Running' });
    engine.instances.set(second?.key ?? '', { name: ONBOARD, input: runOf(nths[1] ?? 0), runtimeStatus: 'Completed' });
    const [shown, ended] = (await page({ top: '2' })).clients;
    expect(shown?.running).toBe(`${first?.key}.${runOf(0).run}`);
    expect(ended).not.toHaveProperty('running');
  });
});

describe('GET /api/clients/{key}', () => {
  const get = async (key: string) =>
    seen(await getClient(world.config, world.queries)(httpRequest({ params: { key } }), engine.client));

  test('shows a client', async () => {
    expect((await get(clientKey(referenceOf(7)))).body).toMatchObject({ ...referenceOf(7), state: 'ok' });
  });

  test('shows the identity that may read the secrets', async () => {
    const key = clientKey(referenceOf(7));
    expect((await get(key)).body).not.toHaveProperty('identity');
    const identity = { principalId: '11111111-1111-1111-1111-111111111111', principalType: 'Device' };
    engine.entities.set(`@client@${key}`, { access: { identity, grants: [] } });
    expect((await get(key)).body).toMatchObject({ identity });
  });

  test.each(['nothing', '', '../x', 'UPPER', `${clientKey(referenceOf(7))}-candidate`])('knows no %j', async (key) => {
    const { status, body, headers } = await get(key);
    expect([status, body['code'], headers?.['content-type']]).toEqual([
      404,
      'client-not-found',
      'application/problem+json',
    ]);
  });

  test('shows how the device of the client is reached', async () => {
    const key = clientKey(referenceOf(7));
    expect((await get(key)).body['reach']).toEqual({ kind: 'eventGrid' });
    const at = new Date().toISOString();
    const joined = { keys: {}, thumbprint: 'a-thumbprint', joinedAt: at, keysSince: at, lastContactAt: at };
    engine.entities.set(`@client@${key}`, { joined });
    const { keys: _keys, ...shown } = joined;
    expect((await get(key)).body['reach']).toEqual({ kind: 'joined', ...shown });
  });

  test('shows the poller that the record names', async () => {
    const key = clientKey(referenceOf(7));
    const current = { objectId: 'a-gateway', since: '2026-03-01T11:00:00.000Z', client: referenceOf(7) };
    engine.entities.set(`@client@${key}`, { polling: { decidedAt: current.since, current } });
    const { client: _names, ...poller } = current;
    expect((await get(key)).body['reach']).toEqual({ kind: 'poll', poller });
  });

  describe('for a client without a credential', () => {
    const key = clientKey({ ...referenceOf(7), client: 'not-onboarded' });
    const at = '2026-03-01T11:00:00.000Z';
    const enrolment = { hash: 'a-hash', issuedAt: at, expiresAt: '2999-01-01T00:00:00.000Z' };
    const joined = { keys: {}, thumbprint: 'a-thumbprint', joinedAt: at, keysSince: at };
    const { keys: _keys, ...shown } = joined;
    const { expiresAt } = enrolment;

    test.each<[string, object, object]>([
      ['whose device may join', { enrolment }, { kind: 'unknown', enrolment: { state: 'open', expiresAt } }],
      [
        'whose device has joined',
        { enrolment: { ...enrolment, usedBy: 'a-thumbprint' }, joined },
        { kind: 'joined', ...shown, enrolment: { state: 'used', expiresAt } },
      ],
      ['whose token was withdrawn after its device had joined', { joined }, { kind: 'joined', ...shown }],
    ])('shows one %s', async (_, record, reach) => {
      engine.entities.set(`@client@${key}`, record);
      const { status, body } = await get(key);
      expect([status, body]).toEqual([200, { key, state: 'absent', reach }]);
      expect(JSON.stringify(body)).not.toContain('a-hash');
    });

    test('shows its run', async () => {
      engine.entities.set(`@client@${key}`, { joined });
      const run = runOf(7);
      const input = { ...run, request: { ...run.request, client: 'not-onboarded' } };
      engine.instances.set(key, { name: ONBOARD, input, runtimeStatus: 'Running' });
      expect((await get(key)).body['running']).toBe(`${key}.${run.run}`);
    });

    test.each([{}, { knownSince: at }, { revokedAt: at }, { newestEventAt: at, ended: [] }])(
      'finds none if its record has only %j',
      async (record) => {
        engine.entities.set(`@client@${key}`, record);
        expect((await get(key)).status).toBe(404);
      },
    );
  });

  test('shows the run that waits for the client', async () => {
    const key = clientKey(referenceOf(7));
    const input = { ...runOf(7), kind: ONBOARD, preempts: false };
    engine.instances.set(waitingInstance(ONBOARD, key), { name: START_WHEN_FREE, input, runtimeStatus: 'Running' });
    expect((await get(key)).body['running']).toBe(`${key}.${input.run}`);
  });
});
