import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inventoryPage, overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { ONBOARD } from '../../../../../src/domain/operations/run.js';
import { askFleet, askFleetNow, fleetRoutes, fleetSourceOf, runOf } from '../../../fakes/answers/fleetAnswers.js';
import { advance, whileTimePasses } from '../../../fakes/advance.js';
import { addFleet, nameOf, referenceOf } from '../../../fakes/clients/onboardedFleet.js';
import { FakeDurableClient } from '../../../fakes/durable/durableClient.js';
import { listingFetch } from '../../../fakes/durable/engineListing.js';
import { createWorld, type World } from '../../../fakes/worlds/world.js';

let world: World;
let engine: FakeDurableClient;
let routes: ReturnType<typeof fleetRoutes>;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:30:00.000Z') });
  world = createWorld();
  engine = new FakeDurableClient();
  vi.stubGlobal('fetch', listingFetch(engine));
  routes = fleetRoutes(world);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

type Parts = Parameters<typeof askFleet>[2];
const getOverview = async (parts: Parts = {}) => askFleet(routes.overview, engine, parts);
const getInventory = async (query: Readonly<Record<string, string>> = {}, headers = {}) =>
  askFleet(routes.inventory, engine, { query, headers });
const overviewNow = async () => overview.parse((await getOverview()).body);
const inventoryNow = async (query: Readonly<Record<string, string>> = {}) =>
  inventoryPage.parse((await getInventory(query)).body);

/** What a page does: the overview, and all pages of the inventory if it has changed. */
async function page(known: Map<string, string>): Promise<void> {
  const ask = async (name: string, query: Readonly<Record<string, string>>, handler: typeof routes.overview) => {
    const etag = known.get(name);
    const answer = await askFleetNow(handler, engine, {
      query,
      headers: etag === undefined ? {} : { 'if-none-match': etag },
    });
    expect([200, 304]).toContain(answer.status);
    known.set(name, answer.headers?.['etag'] ?? '');
    return answer;
  };
  await ask('overview', {}, routes.overview);
  const { body } = await ask('inventory', { top: '100' }, routes.inventory);
  const { continuation } = body as { continuation?: string };
  if (continuation !== undefined) await ask('inventory, 2', { top: '100', continuation }, routes.inventory);
}

describe('pages that are open', () => {
  test.each([1, 20])('cause as many requests to Azure as one: %i', async (open) => {
    await addFleet(world, 150, 50);
    world.wire.calls.length = 0;
    const pages = Array.from({ length: open }, () => new Map<string, string>());
    // Each round takes more than the time between two readings.
    for (let round = 0; round < 3; round += 1) {
      await whileTimePasses(Promise.all(pages.map(page)));
      vi.setSystemTime(Date.now() + 60_000);
    }
    await whileTimePasses(Promise.all(pages.map(page)));
    // What they have had read ends after their answers.
    await advance(1_000);
    const counted = ['listConnectedRegistries', 'listTokens', 'listScopeMaps', 'page'].map((call) =>
      world.wire.count(call),
    );
    // Four readings: one at first, and one in each minute; 150 clients with their candidates are twelve pages of a
    // vault.
    expect(counted).toEqual([4, 4, 4, 48]);
    expect(world.wire.calls).toHaveLength(60);
  });

  test('cause no request at all when nobody asks', async () => {
    await addFleet(world, 3);
    await getOverview();
    world.wire.calls.length = 0;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(world.wire.calls).toEqual([]);
  });

  test('start nothing and change nothing', async () => {
    await addFleet(world, 3);
    await getOverview();
    await getInventory();
    expect([world.wire.writes, engine.starts, engine.signals, engine.raised]).toEqual([[], 0, [], []]);
  });
});

describe('GET /api/overview', () => {
  test('names the ETags of the pages of the inventory, which change with their rows', async () => {
    await addFleet(world, 3);
    const { inventoryPages } = await overviewNow();
    expect(inventoryPages).toEqual([(await getInventory()).headers?.['etag']]);
    engine.instances.set(clientKey(referenceOf(0)), { name: ONBOARD, input: runOf(0), runtimeStatus: 'Running' });
    await whileTimePasses(overviewNow());
    const after = await overviewNow();
    expect(after.inventoryPages).not.toEqual(inventoryPages);
    expect(after.inventoryPages).toEqual([(await getInventory()).headers?.['etag']]);
  });

  test('counts clients by state, by expiry, and runs by kind', async () => {
    await addFleet(world, 5);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(1)));
    engine.instances.set(clientKey(referenceOf(0)), { name: ONBOARD, input: runOf(0), runtimeStatus: 'Running' });
    const { clients, runs, problems, asOf } = await overviewNow();
    expect([clients.total, clients.byState.ok, clients.byState.orphaned]).toEqual([5, 4, 1]);
    expect(clients.expiring).toEqual({ within7Days: 0, within14Days: 0, within30Days: 0 });
    expect([runs.inProgress.onboard, runs.failures.total, problems]).toEqual([1, 0, []]);
    expect(asOf).toBe('2026-03-01T12:30:00.000Z');
  });

  test('counts what expires in the next days, each number with the one before', async () => {
    await addFleet(world, 4);
    vi.setSystemTime(new Date('2026-05-18T12:00:00.000Z'));
    expect((await overviewNow()).clients.expiring).toEqual({ within7Days: 0, within14Days: 4, within30Days: 4 });
  });

  test('is answered 304 until something is read anew, with the age of the clients', async () => {
    await addFleet(world, 3);
    const first = await getOverview();
    const etag = first.headers?.['etag'] ?? '';
    vi.setSystemTime(new Date('2026-03-01T12:30:05.000Z'));
    const again = await getOverview({ headers: { 'if-none-match': `"other", ${etag}` } });
    expect([again.status, again.headers?.['age']]).toEqual([304, '5']);
    vi.setSystemTime(new Date('2026-03-01T12:31:10.000Z'));
    // The first who asks gets the old one, and has it read.
    expect((await getOverview({ headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await getOverview({ headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  test('shows what it had while Azure refuses, with the age and the problem', async () => {
    await addFleet(world, 3);
    await getOverview();
    world.wire.fail('listTokens', { when: 'before', kind: 'forbidden', times: 100 });
    vi.setSystemTime(new Date('2026-03-01T12:32:00.000Z'));
    await getOverview();
    vi.setSystemTime(new Date('2026-03-01T12:32:30.000Z'));
    const { clients, ageSeconds, problems } = await overviewNow();
    expect([clients.total, ageSeconds >= 150, problems.map(({ code }) => code)]).toEqual([
      3,
      true,
      ['clients-not-read'],
    ]);
    expect(problems[0]).toMatchObject({
      since: '2026-03-01T12:32:00.000Z',
      message: expect.stringContaining('listTokens'),
    });
  });

  test('shows what it had while the engine does not answer, and the log says where that failed', async () => {
    const lines: string[] = [];
    routes = fleetRoutes(
      world,
      fleetSourceOf(world, (line) => lines.push(line)),
    );
    await addFleet(world, 3);
    await getOverview();
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('a secret text', { status: 500 })));
    vi.setSystemTime(new Date('2026-03-01T12:30:40.000Z'));
    await getOverview();
    const { problems, runs } = await overviewNow();
    expect(problems).toMatchObject([{ code: 'runs-not-read' }]);
    expect(runs.ageSeconds).toBeGreaterThanOrEqual(40);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ event: 'fleet.readingFailed', part: 'runs', name: 'Error' });
    expect(lines.join()).not.toContain('secret text');
  });

  test('lists freezes, and connected registries with clients of their cap', async () => {
    world = createWorld({ ROTATION_FREEZE_WINDOWS: '0 18 * * 5|PT62H', CLIENTS_PER_CONNECTED_REGISTRY: '70' });
    routes = fleetRoutes(world);
    await addFleet(world, 3);
    const { freezes, connectedRegistries } = await overviewNow();
    expect(freezes.slice(0, 2)).toEqual([
      // The one in progress, from now on.
      { from: '2026-03-01T12:30:00.000Z', until: '2026-03-02T08:00:00.000Z' },
      { from: '2026-03-06T18:00:00.000Z', until: '2026-03-09T08:00:00.000Z' },
    ]);
    expect(connectedRegistries.map(({ clients, cap }) => [clients, cap])).toEqual([[3, 70]]);
  });
});

describe('GET /api/inventory', () => {
  test('gives every client once, page by page, also while one is offboarded', async () => {
    await addFleet(world, 25);
    const first = await inventoryNow({ top: '10' });
    expect([first.total, first.clients.length]).toEqual([25, 10]);
    const gone = first.clients[9]?.client ?? '';
    await world.vault.remove(first.clients[9]?.key ?? '');
    vi.setSystemTime(new Date('2026-03-01T12:32:00.000Z'));
    await getOverview();
    const second = await inventoryNow({ top: '10', continuation: first.continuation ?? '' });
    const third = await inventoryNow({ top: '10', continuation: second.continuation ?? '' });
    expect([second.total, third.continuation]).toEqual([24, undefined]);
    const all = [first, second, third].flatMap(({ clients }) => clients.map(({ client }) => client));
    expect(all.toSorted()).toEqual(Array.from({ length: 25 }, (_, nth) => nameOf(nth)));
    expect(all).toContain(gone);
  });

  test('selects by its parameters together', async () => {
    await addFleet(world, 12, 4);
    world.controlPlane.token(defaultTokenName(referenceOf(5, 'edge0001'))).isEnabled = false;
    const clientsOf = async (query: Readonly<Record<string, string>>) =>
      (await inventoryNow(query)).clients.map(({ client }) => client).toSorted();
    expect(await clientsOf({ connectedRegistry: 'EDGE0001' })).toEqual([4, 5, 6, 7].map(nameOf));
    expect(await clientsOf({ state: 'drifted' })).toEqual([nameOf(5)]);
    expect(await clientsOf({ state: 'drifted', connectedRegistry: 'edge0002' })).toEqual([]);
    expect(await clientsOf({ client: nameOf(9) })).toEqual([nameOf(9)]);
    expect(await clientsOf({ expiresBefore: '2026-05-30T12:00:00Z' })).toEqual([]);
  });

  test('refuses a continuation of other filters and a registry that is not configured', async () => {
    await addFleet(world, 3);
    const { continuation = '' } = await inventoryNow({ top: '1' });
    for (const query of [
      { continuation, state: 'ok' },
      { continuation: 'made-up' },
      { registry: 'elsewhere' },
      { top: '0' },
    ])
      expect((await getInventory(query)).status).toBe(400);
  });

  test('shows each client’s last run, which explains what it is about to change', async () => {
    await addFleet(world, 2);
    world.controlPlane.token(defaultTokenName(referenceOf(1))).isEnabled = false;
    engine.instances.set(clientKey(referenceOf(1)), { name: ONBOARD, input: runOf(1), runtimeStatus: 'Running' });
    const rows = (await inventoryNow()).clients.toSorted((left, right) => (left.client < right.client ? -1 : 1));
    expect(rows.map(({ state, differences, lastRun }) => [state, differences, lastRun?.status])).toEqual([
      ['ok', [], undefined],
      ['changing', [], 'running'],
    ]);
  });

  test('has one ETag for equal rows, whatever was read anew', async () => {
    await addFleet(world, 5);
    const first = await getInventory();
    const etag = first.headers?.['etag'] ?? '';
    const versions = [(await overviewNow()).inventory];
    vi.setSystemTime(new Date('2026-03-01T12:32:00.000Z'));
    await getOverview();
    versions.push((await overviewNow()).inventory);
    const again = await getInventory({}, { 'if-none-match': etag });
    expect([again.status, again.body, Number(again.headers?.['age']) < 100]).toEqual([304, {}, true]);
    expect(versions[1]).toBe(versions[0]);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(1)));
    vi.setSystemTime(new Date('2026-03-01T12:34:00.000Z'));
    await getOverview();
    expect((await overviewNow()).inventory).not.toBe(versions[0]);
    expect((await getInventory({}, { 'if-none-match': etag })).status).toBe(200);
  });
});
