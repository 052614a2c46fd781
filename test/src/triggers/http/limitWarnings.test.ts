import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { vaultOfKey } from '../../../../src/domain/vaults/clientVault.js';
import type { Queries } from '../../../../src/queries/queries.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import { postOnboardings } from '../../../../src/triggers/http/routes/onboardings.js';
import { postRollouts } from '../../../../src/triggers/http/routes/rollouts.js';
import { vaultHosts } from '../../../../src/settings/vaults.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { FakeDurableClient, httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { RolloutEngine } from '../../fakes/durable/rolloutEngine.js';
import { BODY, CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const NAMES = ['one', 'two'];
/** Two vaults, each in a subscription of its own. */
const TWO_VAULTS = {
  KEY_VAULT_URL: '',
  KEY_VAULT_URLS: NAMES.map((name) => `https://${name}.vault.azure.net`).join(),
  KEY_VAULT_RESOURCE_IDS: NAMES.map(
    (name, index) =>
      `/subscriptions/00000000-0000-0000-0000-00000000000${index}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/${name}`,
  ).join(),
};
const identity = { principalId: '11111111-2222-3333-4444-555555555555' };

let world: World;
/** A client of each vault. */
let clients: readonly string[];
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld(TWO_VAULTS);
  const hosts = vaultHosts(world.config);
  const names = Array.from({ length: 50 }, (_, index) => `device-${index}`);
  const hostOf = (client: string) =>
    vaultOfKey(clientKey({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client }), hosts);
  clients = hosts.map((host) => names.find((name) => hostOf(name) === host) ?? '');
});
afterEach(() => vi.useRealTimers());

const shown = ({ status, body }: { status?: number | undefined; body: Record<string, unknown> }) => [
  status,
  ((body['warnings'] ?? []) as { code: string; message: string }[]).map(({ code, message }) => [
    code,
    /vault (\w+) has (.*?)[;.]/.exec(message)?.slice(1).join(': '),
  ]),
];

describe('the answer to an onboarding', () => {
  async function post(body: object, engine = new FakeDurableClient()) {
    // The plan of access itself is tested elsewhere, with the one vault that the fake knows.
    const preflight: Queries['preflight'] = ({ identity: _identity, ...onboarding }, ...more) =>
      world.queries.preflight(onboarding, ...more);
    const answer = postOnboardings(world.config, { ...world.queries, preflight })(
      httpRequest({ body: { ...BODY, ...body } }),
      engine.client,
      'ann',
    );
    return shown(seen(await whileTimePasses(answer)));
  }

  test.each([
    ['the start', 202, {}],
    ['the dry run', 200, { dryRun: true }],
  ] as const)('to %s warns if the subscription of the client’s own vault is almost full', async (_, status, more) => {
    world.access.usage = { limit: 4000, count: 3600 };
    for (const [index, client] of clients.entries()) {
      const full = `${NAMES[index]}: 3600 of at most 4000 role assignments`;
      expect(await post({ client, identity, ...more })).toEqual([status, [['role-assignments-near-limit', full]]]);
    }
    expect(await post({ client: clients[0], ...more })).toEqual([status, []]);
  });

  test('says so if nobody knows how full it is, and the run starts', async () => {
    const unknown = (why: string) => [202, [['role-assignments-uncounted', `two: is unknown: ${why}`]]];
    world.access.usage = undefined;
    expect(await post({ client: clients[1], identity })).toEqual(unknown('the app may not read it'));

    const throttled = new ServiceError({
      kind: 'throttled',
      operation: 'count role assignments of the subscription of vault',
      resource: resourceName('tests'),
      status: 429,
    });
    const broken = new TypeError('An answer that nobody expected.');
    const counts = [throttled, broken].map((error) => () => Promise.reject(error));
    for (const count of [...counts, () => new Promise<never>(() => undefined)]) {
      world = createWorld(TWO_VAULTS);
      world.access.countAssignments = count;
      expect(await post({ client: clients[1], identity })).toEqual(unknown('it could not be read in time'));
    }
  });

  test.each([
    ['fails', () => Promise.reject(new Error('The storage is away.'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('is that of the start if the record, which says which vault the client has, %s', async (_, read) => {
    world.access.usage = { limit: 4000, count: 3600 };
    const engine = new FakeDurableClient();
    engine.readEntityState = read;
    expect(await post({ client: clients[0], identity }, engine)).toEqual([202, []]);
  });
});

describe('the answer to the start of a rollout', () => {
  async function post() {
    const handler = postRollouts(world.config, {
      ...world.queries,
      slowFacts: async () => ({
        registry: undefined,
        connectedRegistries: [{ name: CONNECTED_REGISTRY, mode: 'ReadOnly', isActive: true, clientTokens: [] }],
      }),
    });
    const rows = clients.map((client) => ({ connectedRegistry: CONNECTED_REGISTRY, client, identity }));
    const body = { kind: 'onboard', defaults: { repositories: ['hello-world'] }, clients: rows };
    return seen(await whileTimePasses(handler(httpRequest({ body }), new RolloutEngine().client, 'ann')));
  }

  test('warns of each subscription that its clients would fill', async () => {
    world.access.usage = { limit: 4000, count: 3598 };
    const full = (name: string) =>
      `${name}: 3598 of at most 4000 role assignments, and this rollout makes up to 2 more`;
    expect(shown(await post())).toEqual([202, NAMES.map((name) => ['role-assignments-near-limit', full(name)])]);
    world = createWorld(TWO_VAULTS);
    world.access.usage = { limit: 4000, count: 3597 };
    expect(shown(await post())).toEqual([202, []]);
  });
});
