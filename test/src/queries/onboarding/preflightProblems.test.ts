import { beforeEach, describe, expect, test } from 'vitest';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { CONNECTED_REGISTRY, onboarding, REGISTRY } from '../../fakes/answers/requests.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function problems(request: Readonly<Record<string, unknown>> = {}, here: World = world) {
  return (await here.queries.preflight(onboarding(request), undefined)).problems;
}
const codes = async (request?: Readonly<Record<string, unknown>>, here?: World) =>
  (await problems(request, here)).map((problem) => problem.code);

function addConnectedRegistry(name: string, changes: object): void {
  world.controlPlane.connectedRegistries.set(name, {
    name,
    mode: 'ReadOnly',
    isActive: true,
    clientTokens: [],
    ...changes,
  });
}

describe('preflight finds no problem', () => {
  test('for a fresh client of the quickstart', async () => {
    expect(await codes()).toEqual([]);
  });

  test('below a wildcard of the sync scope, on an allowed endpoint, and at the last free place', async () => {
    const here = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443', CLIENTS_PER_CONNECTED_REGISTRY: '2' });
    here.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['a-token'] });
    expect(await codes({ repositories: ['samples/nginx'], endpoint: 'Gateway:443' }, here)).toEqual([]);
  });

  test('over the cap, for a client that is bound already', async () => {
    const here = createWorld({ CLIENTS_PER_CONNECTED_REGISTRY: '1' });
    here.addToken();
    here.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [onboarding().token.toUpperCase()] });
    expect(await codes({ adopt: true }, here)).toEqual([]);
  });
});

describe('preflight refuses', () => {
  test('a registry that is not there, and says nothing that would follow from it', async () => {
    world.controlPlane.registry = undefined;
    expect(await codes()).toEqual(['registry-not-found']);
  });

  test('a registry below Premium, or without data endpoint', async () => {
    const registry = { name: REGISTRY, loginServer: 'x', tier: 'Standard', dataEndpointEnabled: false };
    world.controlPlane.registry = registry;
    expect(await codes()).toEqual(['registry-not-premium', 'data-endpoint-disabled']);
  });

  test('an unknown connected registry', async () => {
    expect(await codes({ connectedRegistry: 'nowhere' })).toEqual(['connected-registry-not-found']);
  });

  test('one that was never activated', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { isActive: false });
    expect(await codes()).toEqual(['connected-registry-inactive']);
  });

  test('an endpoint that is neither its own nor allowed, and an unknown one', async () => {
    expect(await codes({ endpoint: 'evil.example:443' })).toEqual(['endpoint-not-allowed']);
    const here = createWorld();
    const { loginServer: _, ...rest } = here.controlPlane.connectedRegistries.get(CONNECTED_REGISTRY) ?? {};
    here.controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, rest as never);
    expect(await codes({}, here)).toEqual(['endpoint-unknown']);
  });

  test.each(['other', 'hello-world2', 'samples', '*'])('the repository %s, which is not synced', async (repository) => {
    const found = await problems({ repositories: [repository], image: repository === '*' ? 'a:1' : undefined });
    expect(found.map(({ code, field }) => [code, field])).toEqual([
      ['repository-not-synced', `repositories.${repository}`],
    ]);
  });

  test('rights to write, on a connected registry that can only be read', async () => {
    const repositories = { 'hello-world': ['content/read', 'content/write'] };
    expect(await codes({ repositories })).toEqual(['connected-registry-read-only']);
    world.controlPlane.change(CONNECTED_REGISTRY, { mode: 'ReadWrite' });
    expect(await codes({ repositories })).toEqual([]);
  });

  test('more permissions than a scope map holds', async () => {
    const here = createWorld({ PERMISSIONS_PER_SCOPE_MAP: '1' });
    expect(await codes({ repositories: { 'hello-world': ['content/read', 'metadata/read'] } }, here)).toEqual([
      'too-many-permissions',
    ]);
  });

  test("a connected registry's scope map or any map with gateway rights", async () => {
    expect(await codes({ scopeMap: CONNECTED_REGISTRY.toUpperCase() })).toEqual(['scope-map-reserved']);
    const actions = ['gateway/other/config/read'];
    const here = createWorld();
    here.controlPlane.scopeMaps.set('gatewaymap', { name: 'gatewaymap', actions, description: '' });
    expect(await codes({ scopeMap: 'gatewaymap' }, here)).toEqual(['scope-map-reserved']);
  });

  test('a scope map with other rights, and shows both sides', async () => {
    const actions = ['repositories/else/content/read'];
    world.controlPlane.scopeMaps.set('some-map', { name: 'some-map', actions, description: '' });
    const [problem, ...rest] = await problems({ scopeMap: 'some-map' });
    expect([problem?.code, rest]).toEqual(['scope-map-different', []]);
    expect(problem?.message).toContain(actions[0]);
    expect(problem?.message).toContain(toActions(onboarding().permissions)[0]);
  });

  test("a sync token, also another connected registry's, and a token called like one", async () => {
    addConnectedRegistry('edgetwo', { syncToken: 'its-sync-token' });
    expect(await codes({ token: 'ITS-sync-token' })).toEqual(['token-reserved']);
    expect(await codes({ token: 'EdgeTwo' })).toEqual(['token-reserved']);
  });

  test.each([undefined, true])(
    'a token with the rights of a sync token, whoever it syncs for, with adopt: %s',
    async (adopt) => {
      const actions = ['gateway/other/config/read', 'gateway/other/message/write'];
      world.controlPlane.scopeMaps.set('its-map', { name: 'its-map', actions, description: '' });
      world.controlPlane.tokens.set('orphan', {
        scopeMap: 'its-map',
        isEnabled: true,
        createdAt: '2026-01-01T00:00:00.000Z',
        slots: {},
      });
      expect(await codes({ token: 'orphan', ...(adopt ? { adopt } : {}) })).toEqual(['token-reserved']);
    },
  );

  test('a token that is bound elsewhere', async () => {
    addConnectedRegistry('edgetwo', { clientTokens: ['Some-Token'] });
    expect(await codes({ token: 'some-token' })).toEqual(['token-bound-elsewhere']);
  });

  test('a token that somebody disabled', async () => {
    world.addToken().isEnabled = false;
    expect(await codes({ adopt: true })).toEqual(['token-disabled']);
  });

  test('a token of others whose slots are both in use, whatever may be replaced', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO }, password2: { createdAt: LONG_AGO } });
    expect(await codes({ adopt: true })).toEqual(['slots-in-use']);
    expect(await codes({ adopt: true, replaceSlot: 'password2' })).toEqual(['slots-in-use']);
  });

  test("a client's own token whose slots are both in use, unless one may be replaced", async () => {
    const here = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443' });
    await onboardIn(here);
    here.controlPlane.token(onboarding().token).slots.password2 = { value: 'foreign', createdAt: LONG_AGO };
    expect(await codes({ endpoint: 'gateway:443' }, here)).toEqual(['slots-in-use']);
    expect(await codes({ endpoint: 'gateway:443', replaceSlot: 'password2' }, here)).toEqual([]);
  });

  test('a client over the cap', async () => {
    const here = createWorld({ CLIENTS_PER_CONNECTED_REGISTRY: '1' });
    here.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['another'] });
    expect(await codes({}, here)).toEqual(['too-many-clients']);
  });

  test('with everything at once, each with its field and its fix', async () => {
    const here = createWorld({ CLIENTS_PER_CONNECTED_REGISTRY: '1' });
    here.addToken({ password1: { createdAt: LONG_AGO }, password2: { createdAt: LONG_AGO } }).isEnabled = false;
    here.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['another'], isActive: false });
    here.controlPlane.registry = { name: REGISTRY, loginServer: 'x', tier: 'Basic', dataEndpointEnabled: false };
    const { token } = onboarding();
    const request = { token, endpoint: 'evil:1', repositories: ['other'], scopeMap: CONNECTED_REGISTRY };
    const found = await problems(request, here);
    expect(found.map((problem) => problem.code)).toEqual([
      'registry-not-premium',
      'data-endpoint-disabled',
      'connected-registry-inactive',
      'endpoint-not-allowed',
      'repository-not-synced',
      'scope-map-reserved',
      'token-not-adopted',
      'token-disabled',
      'slots-in-use',
      'too-many-clients',
    ]);
    for (const { field, fix, message } of found) expect([field, fix, message]).not.toContain('');
    expect(here.wire.writes).toEqual([]);
  });
});

describe('a fact that preflight cannot read', () => {
  const unknown = async (request?: Readonly<Record<string, unknown>>) =>
    (await problems(request)).map((problem) => [problem.code, problem.field, problem.unknown]);

  test('is the sync scope of a connected registry with a managed identity: it is reported, and refuses nothing', async () => {
    const { syncToken: _, ...rest } = world.controlPlane.connectedRegistries.get(CONNECTED_REGISTRY) ?? {};
    world.controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, rest as never);
    const found = await problems({ repositories: ['anything'] });
    expect(found.map(({ code }) => code)).toEqual(['sync-scope-unknown']);
    expect(refusing(found)).toEqual([]);
  });

  test('is the sync scope of an ancestor with a managed identity, while readable scopes are judged', async () => {
    addConnectedRegistry('above', {});
    world.controlPlane.change(CONNECTED_REGISTRY, { parent: 'above' });
    expect(await codes({ repositories: ['other'] })).toEqual(['repository-not-synced', 'sync-scope-unknown']);
  });

  test.each([{ schedule: '0 3 L * *' }, { schedule: '' }, { schedule: '0 0 31 2 *' }, { syncWindow: '4 hours' }])(
    'is when it syncs with %j',
    async (changes) => {
      world.controlPlane.change(CONNECTED_REGISTRY, changes);
      expect(await unknown()).toEqual([['sync-schedule-unreadable', 'connectedRegistry', true]]);
    },
  );

  test('is an unknown mode, when the request asks for writes', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { mode: 'Cached' });
    expect(await unknown()).toEqual([]);
    expect(await unknown({ repositories: { 'hello-world': ['content/read', 'content/write'] } })).toEqual([
      ['fact-unknown', 'repositories', true],
    ]);
  });

  test('is one that Azure omits: whether the registry is active, has data endpoints, and whether the token is enabled', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { isActive: undefined });
    world.controlPlane.registry = { name: REGISTRY, tier: 'premium', dataEndpointEnabled: undefined };
    world.addToken();
    world.controlPlane.token(onboarding().token).isEnabled = undefined;
    expect(await unknown({ adopt: true })).toEqual([
      ['fact-unknown', 'registry', true],
      ['fact-unknown', 'connectedRegistry', true],
      ['fact-unknown', 'token', true],
    ]);
  });
});

describe('a mode in any case', () => {
  test.each([
    ['Registry', true],
    ['registry', true],
    ['ReadWrite', true],
    ['readwrite', true],
    ['Mirror', false],
    ['MIRROR', false],
    ['readonly', false],
  ])('%s takes writes: %s', async (mode, expected) => {
    world.controlPlane.change(CONNECTED_REGISTRY, { mode });
    const found = await codes({ repositories: { 'hello-world': ['content/read', 'content/write'] } });
    expect(found).toEqual(expected ? [] : ['connected-registry-read-only']);
  });
});
