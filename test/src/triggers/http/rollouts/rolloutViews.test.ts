import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RolloutClientPage, RolloutPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import { rolloutInstance } from '../../../../../src/domain/rollouts/rollout.js';
import type { RowStatus } from '../../../../../src/domain/rollouts/row.js';
import { getRolloutClients } from '../../../../../src/triggers/http/routes/rolloutClients.js';
import { getRollouts } from '../../../../../src/triggers/http/routes/rolloutList.js';
import { getRollout } from '../../../../../src/triggers/http/routes/rollouts.js';
import { misfits } from '../../../fakes/answers/apiDocument.js';
import { httpRequest, seen } from '../../../fakes/durable/durableClient.js';
import { listingContext, listingFetch } from '../../../fakes/durable/engineListing.js';
import { RolloutEngine } from '../../../fakes/durable/rolloutEngine.js';
import { clientOf, openRollout, PLAN } from './openRollout.js';

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const { id } = PLAN;

let engine: RolloutEngine;
beforeEach(() => {
  engine = new RolloutEngine();
  vi.stubGlobal('fetch', listingFetch(engine));
});
afterEach(() => vi.unstubAllGlobals());

const get = async (rollout: string) => seen(await getRollout(httpRequest({ params: { id: rollout } }), engine.client));

describe('GET /api/rollouts/{id}', () => {
  test('shows what its entity knows', async () => {
    await openRollout(engine, { name: 'Two' });
    const { status, body } = await get(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, name: 'Two', kind: 'rotate', status: 'running', rows: 2, requestedBy: 'ann' });
    expect(misfits(schema('Rollout'), body)).toEqual([]);
  });

  test('shows it as opening before its entity knows it', async () => {
    engine.conflicts = undefined;
    await openRollout(engine);
    expect((await get(id)).body).toMatchObject({ id, status: 'opening', counts: { waiting: 2 } });
  });

  test.each(['running', 'opening'])(
    'shows it as stopped if the engine has ended its orchestration: %s',
    async (status) => {
      if (status === 'opening') engine.conflicts = undefined;
      await openRollout(engine);
      engine.finish(id, 'Terminated');
      expect((await get(id)).body).toMatchObject({ status: 'stopped', reason: 'fault' });
    },
  );

  test.each(['none', '', 'a'.repeat(500), '../clients'])('answers 404 for %j', async (unknown) => {
    expect(await get(unknown)).toMatchObject({ status: 404, body: { code: 'rollout-not-found' } });
  });
});

describe('GET /api/rollouts', () => {
  const list = async (query: Readonly<Record<string, string>> = {}) =>
    seen(await getRollouts(httpRequest({ query }), engine.client, 'ann', listingContext()));
  const idOf = (nth: number) => `m${String(nth).padStart(15, '0')}`;

  test('returns page after page, the newest first, each rollout once', async () => {
    for (let nth = 0; nth < 230; nth += 1) await openRollout(engine, { id: idOf(nth) });
    const found: string[] = [];
    for (let continuation: string | undefined = ''; continuation !== undefined;) {
      const { status, body } = await list({ top: '100', ...(continuation === '' ? {} : { continuation }) });
      expect([status, misfits(schema('RolloutPage'), body)]).toEqual([200, []]);
      const page = body as unknown as RolloutPage;
      found.push(...page.rollouts.map((one) => one.id));
      ({ continuation } = page);
    }
    expect(found).toEqual(Array.from({ length: 230 }, (_, nth) => idOf(229 - nth)));
  });

  test('has no continuation if exactly one page exists', async () => {
    for (let nth = 0; nth < 3; nth += 1) await openRollout(engine, { id: idOf(nth) });
    expect((await list({ top: '3' })).body).not.toHaveProperty('continuation');
  });

  test('does not take a client of a registry named rollout for one', async () => {
    await openRollout(engine);
    engine.instances.set('rollout-edge-sensor-7-0123456789abcdef', {
      name: 'onboard',
      input: {},
      runtimeStatus: 'Running',
    });
    expect((await list()).body['rollouts']).toMatchObject([{ id }]);
  });

  test.each([{ top: '0' }, { top: '101' }, { state: 'running' }, { continuation: 'x' }])(
    'refuses %j',
    async (query) => {
      expect(await list(query)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    },
  );
});

describe('GET /api/rollouts/{id}/clients', () => {
  const page = async (query: Readonly<Record<string, string>> = {}, rollout: string = id) =>
    seen(await getRolloutClients(httpRequest({ params: { id: rollout }, query }), engine.client));
  const setRows = (piece: number, statuses: Readonly<Record<number, RowStatus>>) => {
    const state = engine.piece(id, piece);
    const rows = state?.rows.map((row, index) => statuses[index] ?? row) ?? [];
    engine.entities.set(placeOf(piece), { ...state, rows });
  };
  const placeOf = (piece: number) => [...engine.entities.keys()].find((key) => key.endsWith(`${id}-${piece}`)) ?? '';

  test('shows how each client stands, in the order of the request', async () => {
    await openRollout(engine);
    const operation = 'a.run0000000000001';
    const startedAt = '2026-03-01T12:00:02.000Z';
    setRows(0, {
      0: { state: 'failed', retry: 2, operation, startedAt, code: 'pull-check-deadline' },
      1: { state: 'waiting', retry: 0, busyFrom: 5 },
    });
    const { status, body } = await page();
    expect([status, misfits(schema('RolloutClientPage'), body)]).toEqual([200, []]);
    expect(body).toEqual({
      clients: [
        { row: 1, ...clientOf('a'), state: 'failed', retries: 2, operation, startedAt, code: 'pull-check-deadline' },
        { row: 2, ...clientOf('b'), state: 'waiting' },
      ],
    });
  });

  test('returns page after page across the pieces, each client once', async () => {
    const clients = Array.from({ length: 1_203 }, (_, nth) => `d${nth}`);
    await openRollout(engine, {}, clients);
    const found: RolloutClientPage['clients'][number][] = [];
    for (let continuation: string | undefined = ''; continuation !== undefined;) {
      const { body } = await page({ top: '99', ...(continuation === '' ? {} : { continuation }) });
      const next = body as unknown as RolloutClientPage;
      found.push(...next.clients);
      ({ continuation } = next);
    }
    expect(found.map(({ client }) => client)).toEqual(clients);
    expect(found.map(({ row }) => row)).toEqual(clients.map((_, nth) => nth + 1));
  });

  test('returns only clients of a state, wherever they are', async () => {
    await openRollout(
      engine,
      {},
      Array.from({ length: 1_203 }, (_, nth) => `d${nth}`),
    );
    for (const piece of [0, 2]) setRows(piece, { 7: { state: 'failed', retry: 0, code: 'internal' } });
    const first = await page({ state: 'failed', top: '1' });
    expect(first.body['clients']).toMatchObject([{ client: 'd7' }]);
    const second = await page({ state: 'failed', top: '1', continuation: String(first.body['continuation']) });
    expect(second.body).toMatchObject({ clients: [{ client: 'd1007', row: 1_008 }] });
    expect(second.body).not.toHaveProperty('continuation');
    expect((await page({ state: 'completed' })).body).toEqual({ clients: [] });
  });

  test('does not accept a continuation of another rollout or state', async () => {
    await openRollout(engine);
    const { continuation } = (await page({ top: '1' })).body as unknown as RolloutClientPage;
    for (const [query, rollout] of [
      [{ continuation: continuation ?? '' }, 'other'],
      [{ continuation: continuation ?? '', state: 'failed' }, id],
    ] as const)
      expect((await page(query, rollout)).body['errors']).toMatchObject([{ field: 'continuation' }]);
  });

  test('answers 404 for an unknown rollout, and 400 for an unknown state', async () => {
    expect((await page({}, 'none')).status).toBe(404);
    expect((await page({ state: 'lost' })).status).toBe(400);
  });

  test('is empty while the rows have not arrived', async () => {
    engine.handlesSignals = false;
    await openRollout(engine);
    expect((await page()).body).toEqual({ clients: [] });
  });
});

test('a rollout has an instance that no client has', () => expect(rolloutInstance(id)).toBe(`rollout-${id}`));
