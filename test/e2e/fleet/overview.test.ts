import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { inventoryPage, overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { problem } from '../harness/appClient.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

const REGISTRY = 'myregistry';
const CONNECTED_REGISTRY = 'myconnectedregistry';
const CLIENTS = ['viewed-1', 'viewed-2'];
const OPEN = 20;

let it: TestStack;
let operations: string[];
beforeAll(async () => {
  // Read once, so that what pages cost does not depend on how long the test takes.
  it = await startTestStack({ settings: { INVENTORY_CACHE_SECONDS: '3600', CHECK_SCHEDULE: 'off' } });
  operations = await Promise.all(
    CLIENTS.map((client) =>
      it.app.start({ connectedRegistry: CONNECTED_REGISTRY, client, repositories: ['hello-world'] }),
    ),
  );
  await Promise.all(operations.map((id) => it.app.end(id)));
});
afterAll(() => it.dispose());

const keyOf = (client: string) => clientKey({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client });

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  it.app.request(path, { headers: { 'x-functions-key': it.stack.endpoints.functions.key, ...headers } });

async function armReads(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const { https, url } = it.stack.controlPlane;
  await forgetRequests(url, https);
  await work();
  const { operations: counted } = await countArmRequests(url, https);
  return Object.fromEntries(Object.entries(counted).filter(([name]) => /tokens|scopeMaps/i.test(name)));
}

describe('the overview and the inventory', () => {
  test('show the fleet, read once for all pages that are open', async () => {
    const first = await armReads(() => get('overview'));
    expect(Object.values(first).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    const { clients, connectedRegistries, problems, runs } = overview.parse((await get('overview')).body);
    expect([clients.total, clients.byState.ok, problems]).toEqual([2, 2, []]);
    expect(runs.failures).toMatchObject({ total: 0, byCode: {} });
    expect(connectedRegistries.find(({ name }) => name === CONNECTED_REGISTRY)).toMatchObject({
      registry: REGISTRY,
      path: [CONNECTED_REGISTRY],
      connectionState: 'Online',
      activation: 'Active',
      clients: 2,
    });
    const pages = Array.from({ length: OPEN }, () => Promise.all([get('overview'), get('inventory?top=1')]));
    expect(await armReads(() => Promise.all(pages))).toEqual({});
  });

  test('list every client with its last run, page by page', async () => {
    const first = inventoryPage.parse((await get('inventory?top=1')).body);
    const second = inventoryPage.parse(
      (await get(`inventory?top=1&continuation=${encodeURIComponent(first.continuation ?? '')}`)).body,
    );
    const rows = [...first.clients, ...second.clients];
    expect(rows.map(({ key }) => key)).toEqual(CLIENTS.map(keyOf).toSorted());
    expect(rows.map(({ state, lastRun }) => `${state} ${lastRun?.status} ${lastRun?.kind}`)).toEqual([
      'ok completed onboard',
      'ok completed onboard',
    ]);
    const last = new Set(rows.map(({ lastRun }) => lastRun?.operation));
    expect(last).toEqual(new Set(operations));
    expect(second.continuation).toBeUndefined();
  });

  test('are answered 304 to who has them, as an operation is', async () => {
    for (const path of ['inventory', `operations/${operations[0] ?? ''}`]) {
      const answer = await get(path);
      const etag = answer.headers.get('etag') ?? '';
      const again = await get(path, { 'if-none-match': etag });
      expect([answer.status, again.status, again.text, again.headers.get('etag')]).toEqual([200, 304, '', etag]);
      for (const { headers } of [answer, again])
        expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
    }
  });
});

test('a page of another site and a form start nothing', async () => {
  const client = 'forged-1';
  const body = JSON.stringify({ connectedRegistry: CONNECTED_REGISTRY, client, repositories: ['hello-world'] });
  const refusals = [
    { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
    { origin: 'https://evil.example', 'content-type': 'application/json' },
    { 'content-type': 'text/plain' },
  ];
  const codes: [number, string][] = [];
  for (const headers of refusals) {
    const init = { method: 'POST', body, headers: { 'x-functions-key': it.stack.endpoints.functions.key, ...headers } };
    const answer = await it.app.request('onboardings', init);
    codes.push([answer.status, problem.parse(answer.body).code]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  }
  expect(codes).toEqual([
    [403, 'cross-site-request'],
    [403, 'cross-site-request'],
    [415, 'unsupported-media-type'],
  ]);
  expect((await get(`clients/${keyOf(client)}/operations`)).status).toBe(404);
  // A page of the app itself passes.
  const { url, key } = it.stack.endpoints.functions;
  const own = { 'x-functions-key': key, origin: url, 'content-type': 'application/json' };
  const accepted = await it.app.request('onboardings', {
    method: 'POST',
    body: JSON.stringify({ ...(JSON.parse(body) as object), dryRun: true }),
    headers: own,
  });
  expect(accepted.status).toBe(200);
});
