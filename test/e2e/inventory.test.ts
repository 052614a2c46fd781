import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { isThere, until } from '../shared/until.js';
import { problem } from './harness/appClient.js';
import { whileRunsWait } from './harness/holds.js';
import { ON_REAL_HOST } from './harness/hostUnderTest.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

const DAY = 86_400_000;
const REGISTRY = 'myregistry';
const CONNECTED_REGISTRY = 'myconnectedregistry';
const GROUP = 'onboarding-local';

const clientView = z.object({
  key: z.string(),
  client: z.string(),
  state: z.string(),
  differences: z.array(z.object({ code: z.string() })),
  token: z.string(),
  scopeMap: z.object({ name: z.string(), actions: z.array(z.string()) }),
  bound: z.boolean(),
  running: z.string().optional(),
});
type ClientView = z.infer<typeof clientView>;
const clientPage = z.object({ clients: z.array(clientView), continuation: z.string().optional() });
const operationPage = z.object({
  operations: z.array(
    z.object({ id: z.string(), kind: z.string(), status: z.string(), client: z.string().optional() }),
  ),
  continuation: z.string().optional(),
});
const finding = z.object({
  client: z.string(),
  state: z.string(),
  differences: z.array(z.object({ code: z.string() })),
});
const checkOperation = z.object({
  id: z.string(),
  kind: z.literal('check'),
  status: z.enum(['running', 'completed']),
  result: z
    .object({
      checked: z.number(),
      counts: z.record(z.string(), z.number()),
      findings: z.array(finding),
      unused: z.array(z.object({ kind: z.string(), name: z.string() })),
      warnings: z.array(z.unknown()),
    })
    .optional(),
});

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack(ON_REAL_HOST ? {} : { clock: 'scaled' });
});
afterAll(() => it.dispose());

const request = (client: string, more: object = {}) => ({
  connectedRegistry: CONNECTED_REGISTRY,
  client,
  repositories: ['hello-world'],
  ...more,
});
const named = (client: string) => ({ connectedRegistry: CONNECTED_REGISTRY, client });

async function onboard(...requests: object[]): Promise<void> {
  const ids = await Promise.all(requests.map((body) => it.app.start(body)));
  for (const id of ids) expect((await it.app.end(id)).status).toBe('completed');
}

async function clients(query: string): Promise<z.infer<typeof clientPage>> {
  const answer = await it.app.get(`clients?${query}`);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return clientPage.parse(answer.body);
}

async function clientNamed(client: string): Promise<ClientView> {
  const { clients: found } = await clients(`client=${client}`);
  const key = found[0]?.key ?? '';
  const answer = await it.app.get(`clients/${key}`);
  expect(answer.status).toBe(200);
  return clientView.parse(answer.body);
}

const postCheck = (names?: readonly string[]) =>
  it.app.request('checks', {
    method: 'POST',
    headers: { 'x-functions-key': it.stack.endpoints.functions.key, 'content-type': 'application/json' },
    body: JSON.stringify(names ? { clients: names.map(named) } : {}),
  });

async function check(names?: readonly string[]) {
  const answer = await postCheck(names);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 202 });
  const { id } = z.object({ id: z.string() }).parse(answer.body);
  return until(
    async () => {
      const { status, result } = checkOperation.parse((await it.app.get(`operations/${id}`)).body);
      return status === 'completed' ? result : undefined;
    },
    isThere,
    `check ${id} has ended`,
  );
}

const stateOf = async (client: string) => {
  const { findings } = await check([client]);
  expect(findings).toHaveLength(1);
  return [findings[0]?.state, ...(findings[0]?.differences ?? []).map(({ code }) => code)];
};

const resources = (): [string, string] => [GROUP, REGISTRY];
const idOf = (kind: 'tokens' | 'scopeMaps', name: string) =>
  `/subscriptions/${it.stack.endpoints.azure.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.ContainerRegistry/registries/${REGISTRY}/${kind}/${name}`;

/** Puts the client list as `change` has it, as an operator with the CLI would. */
async function changeBindings(change: (tokens: string[]) => string[]): Promise<void> {
  const tokens = change(await it.operator.boundTokens());
  const clientTokenIds = tokens.map((token) => idOf('tokens', token));
  await it.operator.registries.connectedRegistries.update(...resources(), CONNECTED_REGISTRY, { clientTokenIds });
}

describe('clients that others have changed', () => {
  const names = ['fine', 'unbound', 'replaced', 'moved', 'deleted', 'disabled', 'shut', 'widened'];
  let seen: Record<string, ClientView>;

  beforeAll(async () => {
    const own = { scopeMap: 'a-map-of-its-own' };
    await onboard(...names.map((client) => request(client, client === 'widened' ? own : {})));
    const { clients: found } = await clients('top=100');
    seen = Object.fromEntries(found.map((client) => [client.client, client]));
  });

  test('are as the test set them up', async () => {
    expect(Object.keys(seen).toSorted()).toEqual(names.toSorted());
    expect(Object.values(seen).map(({ state, bound }) => [state, bound])).toEqual(names.map(() => ['ok', true]));
    const result = await check(names);
    expect(result).toMatchObject({ checked: names.length, counts: { ok: names.length }, warnings: [] });
    expect(await clientNamed('fine')).toMatchObject({
      state: 'ok',
      scopeMap: { actions: ['repositories/hello-world/content/read'] },
    });
  });

  test.each<[string, string[], (token: string) => Promise<unknown>]>([
    ['unbound', ['unbound', 'binding-missing'], (token) => changeBindings((all) => all.filter((one) => one !== token))],
    [
      'replaced',
      ['drifted', 'password-replaced'],
      (token) =>
        it.operator.registries.registries.generateCredentials(...resources(), {
          tokenId: idOf('tokens', token),
          name: 'password1',
        }),
    ],
    [
      'moved',
      ['drifted', 'token-scope-map'],
      (token) =>
        it.operator.registries.tokens.update(...resources(), token, {
          scopeMapId: idOf('scopeMaps', '_repositories_pull'),
        }),
    ],
    [
      'deleted',
      ['orphaned', 'token-missing'],
      async (token) => {
        await changeBindings((all) => all.filter((one) => one !== token));
        await it.operator.registries.tokens.delete(...resources(), token);
      },
    ],
    [
      'disabled',
      ['drifted', 'token-disabled'],
      (token) => it.operator.registries.tokens.update(...resources(), token, { status: 'disabled' }),
    ],
    [
      'shut',
      ['drifted', 'secret-disabled'],
      async () => {
        const { key } = seen['shut'] ?? { key: '' };
        const { properties } = await it.operator.secrets.getSecret(key);
        await it.operator.secrets.updateSecretProperties(key, properties.version ?? '', { enabled: false });
      },
    ],
    [
      'widened',
      ['drifted', 'scope-map-rights'],
      () =>
        it.operator.registries.scopeMaps.update(...resources(), 'a-map-of-its-own', {
          actions: ['repositories/hello-world/content/read', 'repositories/hello-world/content/write'],
        }),
    ],
  ])('are reported: %s', async (client, expected, change) => {
    const { token, key } = seen[client] ?? { token: '', key: '' };
    await change(token);
    expect(await stateOf(client)).toEqual(expected);
    // A list may have read scope maps and bindings a minute ago; it will say the same.
    expect((await it.app.get(`clients/${key}`)).status).toBe(200);
  });

  test('are found by a check of all, which changes nothing', async () => {
    const before = await it.operator.everything();
    const { findings, counts, checked } = await check();
    expect(checked).toBe(names.length);
    expect(counts).toEqual({ ok: 1, unbound: 1, orphaned: 1, drifted: 5 });
    expect(findings.map(({ client }) => client).toSorted()).toEqual(names.filter((name) => name !== 'fine').toSorted());
    expect(await it.operator.everything()).toEqual(before);
  });

  test('stay unbound when others are onboarded, and are ok after their own onboarding', async () => {
    await onboard(request('newcomer'));
    expect(await stateOf('unbound')).toEqual(['unbound', 'binding-missing']);
    await onboard(request('unbound'));
    expect(await stateOf('unbound')).toEqual(['ok']);
  });

  test('that were never onboarded are unknown, and no run starts to check them', async () => {
    const checked = await postCheck(['never']);
    expect(checked).toMatchObject({
      status: 202,
      body: { operations: [{ client: 'never', problem: { code: 'client-unknown' } }] },
    });
    expect(checked.body).not.toHaveProperty('id');
    const answer = await it.app.get('clients/never');
    expect([answer.status, problem.parse(answer.body).code]).toEqual([404, 'client-not-found']);
  });
});

describe('operations', () => {
  const ids = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    for (let continuation: string | undefined = ''; continuation !== undefined;) {
      const answer = await it.app.get(`operations?${query}${continuation ? `&continuation=${continuation}` : ''}`);
      expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
      const page: z.infer<typeof operationPage> = operationPage.parse(answer.body);
      found.push(...page.operations.map(({ id }) => id));
      ({ continuation } = page);
    }
    return found;
  };

  test('are listed in pages, each once, and by filter', async () => {
    const all = await ids('top=3');
    expect(new Set(all).size).toBe(all.length);
    expect(all.toSorted()).toEqual((await ids('top=100')).toSorted());
    const checks = await ids('kind=check');
    expect(checks.length).toBeGreaterThan(5);
    const onboardings = await ids(`kind=onboard&registry=${REGISTRY}&connectedRegistry=${CONNECTED_REGISTRY}`);
    expect([...checks, ...onboardings].toSorted()).toEqual(all.toSorted());
    expect(await ids('status=rolledBack')).toEqual([]);
    const [one] = await ids(`registry=${REGISTRY}&connectedRegistry=${CONNECTED_REGISTRY}&client=fine`);
    expect((await it.app.get(`operations/${one}`)).status).toBe(200);
    const after = new Date(Date.now() + DAY).toISOString();
    expect(await ids(`createdAfter=${after}`)).toEqual([]);
  });

  test('in progress are listed, and shown with their clients', async () => {
    await whileRunsWait(it, async () => {
      const id = await it.app.start(request('fine', { recheck: true }));
      expect(await ids('status=running&kind=onboard')).toEqual([id]);
    });
    const [id = ''] = await ids(`registry=${REGISTRY}&connectedRegistry=${CONNECTED_REGISTRY}&client=fine`);
    expect((await it.app.end(id)).status).toBe('completed');
    expect(await ids('status=running')).toEqual([]);
    expect((await clientNamed('fine')).running).toBeUndefined();
  });

  test.each([
    ['operations?kind=none', 'kind'],
    ['operations?createdAfter=now', 'createdAfter'],
    ['operations?limit=3', 'limit'],
    ['clients?top=101', 'top'],
    ['clients?state=bad', 'state'],
    ['clients?expiresBefore=soon', 'expiresBefore'],
    ['clients?registry=otherregistry', 'registry'],
    ['clients?continuation=abc', 'continuation'],
  ])('%s is refused by the name of the parameter', async (path, field) => {
    const answer = await it.app.get(path);
    expect(answer.status).toBe(400);
    expect(problem.parse(answer.body).errors).toMatchObject([{ field }]);
  });
});

describe('many secrets', () => {
  const COUNT = 120;

  beforeAll(async () => {
    // Clients of another operator's making, as far as tags go: secrets whose tokens are gone.
    const { key } = await clientNamed('fine');
    const { properties } = await it.operator.secrets.getSecret(key);
    for (let nth = 0; nth < COUNT; nth += 1) {
      const reference = { registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: `many-${nth}` };
      const tags = { ...properties.tags, ...reference, token: `gone-${nth}` };
      await it.operator.secrets.setSecret(clientKey(reference), '{}', { tags });
      if (nth % 4 === 0) await it.operator.secrets.setSecret(`stranger-${nth}`, '{}', { tags: { of: 'others' } });
    }
  });

  test('are listed in pages, each client once', async () => {
    const found: string[] = [];
    let pages = 0;
    for (let continuation: string | undefined = ''; continuation !== undefined; pages += 1) {
      const page: z.infer<typeof clientPage> = await clients(
        `top=50&state=orphaned${continuation ? `&continuation=${continuation}` : ''}`,
      );
      expect(page.clients.length).toBeLessThanOrEqual(50);
      found.push(...page.clients.map(({ client }) => client));
      ({ continuation } = page);
    }
    expect(pages).toBeGreaterThan(2);
    const many = Array.from({ length: COUNT }, (_, nth) => `many-${nth}`);
    expect(found.toSorted()).toEqual([...many, 'deleted'].toSorted());
  });

  test('are checked with as few ARM calls as a handful', async () => {
    const { endpoints, controlPlane } = it.stack;
    const requests = `${endpoints.azure.arm}/_control/requests`;
    await controlPlane.https(requests, { method: 'DELETE' });
    const { counts } = await check();
    expect(counts['orphaned']).toBe(COUNT + 1);
    const counted = z.object({
      principals: z.object({ app: z.object({ arm: z.object({ kinds: z.record(z.string(), z.number()) }) }) }),
    });
    const { kinds } = counted.parse((await controlPlane.https(requests)).body).principals.app.arm;
    // Three listings, three for the second look, and one for each token or scope map that nobody uses.
    expect(Object.keys(kinds)).toEqual(['read']);
    expect(kinds['read']).toBeLessThanOrEqual(10);
  });
});

test('credentials near their expiry are expiring, then expired', { tags: 'jumping-clock' }, async () => {
  const set = async (days: number) => {
    const now = new Date(Date.now() + days * DAY).toISOString();
    const answer = await fetch(it.stack.ground.places.clockUrl, {
      method: 'POST',
      body: JSON.stringify({ mode: 'scaled', now }),
    });
    expect({ status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 });
  };
  await set(80);
  expect(await stateOf('newcomer')).toEqual(['expiring']);
  expect(
    (await clients(`expiresBefore=${new Date(Date.now() + 100 * DAY).toISOString()}&state=expiring`)).clients,
  ).not.toEqual([]);
  await set(90.5);
  expect(await stateOf('newcomer')).toEqual(['expired']);
});
