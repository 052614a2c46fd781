import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { FakeApp } from '../fakes/fakeWorld.js';
import { fakeClient, fakeToken, FleetApp, type FakeClient } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/*
 * What counts as moved before a later rollout of a plan: what others did, and nothing that earlier rollouts of the plan
 * did.
 */

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });
const PRUNE = ['--prune', '--max-deletes', '9'];
const IDENTITY = { principalId: '11111111-2222-3333-4444-555555555555' };

/** More than the actions that a list has of a scope map. */
const MANY = Array.from({ length: 21 }, (_, index) => `repository-${index}`);

describe('clients that share a long scope map', () => {
  /** One of them gets another repository, so another map; the other, which was listed first, is not in the file. */
  function sharing() {
    const app = new FleetApp([
      fakeClient(reference('aa'), { repositories: MANY }),
      fakeClient(reference('zz'), { repositories: MANY }),
    ]);
    const file = fleetText({ [PLANT]: { clients: [{ client: 'zz', repositories: [...MANY, 'another'] }] } });
    return { app, ...fleetFolder(app, { 'fleet.yaml': file }) };
  }

  test('are changed and removed by one apply', async () => {
    const { app, crctl } = sharing();
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(code, err).toBe(0);
    expect(app.started).toMatchObject([{ kind: 'onboard' }, { kind: 'offboard', clients: [{ client: 'aa' }] }]);
    expect([...app.clients.keys()]).toEqual([clientKey(reference('zz'))]);
  });

  test('one that was revoked in the meantime is not removed', async () => {
    const { app, crctl } = sharing();
    app.besides = () => app.put({ ...fakeClient(reference('aa'), { repositories: MANY }), state: 'revoked' });
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(code).toBe(4);
    expect(err).toContain('aa has changed');
    expect(app.started).toHaveLength(1);
  });

  test('are compared although one of them goes while they are read', async () => {
    const { app } = sharing();
    const key = clientKey(reference('zz'));
    const answer: FakeApp = (request) => {
      if (request.path.startsWith(`/clients/${key}`)) app.clients.delete(key);
      return app.answer(request);
    };
    const clients = [{ client: 'aa', repositories: MANY }];
    const { crctl } = fleetFolder({ answer }, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) });
    const { code, out } = await crctl('plan', 'fleet.yaml', '--detailed-exitcode');
    expect(app.clients.has(key)).toBe(false);
    expect(code, out).toBe(0);
    expect(out).toContain('1 equal');
  });

  test('are read once for all of them', async () => {
    const { crctl } = sharing();
    const { requests } = await crctl('plan', 'fleet.yaml', ...PRUNE, '--quick');
    expect(requests.filter(({ path }) => path.startsWith('/clients/'))).toHaveLength(1);
  });

  test('an identity that the file names is still compared', async () => {
    const app = new FleetApp([fakeClient(reference('aa'), { repositories: MANY, identity: IDENTITY })]);
    const clients = [{ client: 'aa', repositories: MANY, identity: IDENTITY }];
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) });
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
    const other = { principalId: IDENTITY.principalId.replaceAll('1', '9') };
    app.put(fakeClient(reference('aa'), { repositories: MANY, identity: other }));
    const { code, err } = await crctl('apply', 'plan.json');
    expect(code).toBe(4);
    expect(err).toContain('aa has changed');
  });
});

describe('clients that share a restored scope map', () => {
  const restored = { state: 'drifted' as const, differences: [{ code: 'scope-map-rights' as const }] };
  const client = (name: string, more: Partial<FakeClient> = {}) => ({ ...fakeClient(reference(name)), ...more });

  test('are changed and removed by one apply', async () => {
    const app = new FleetApp([
      client('aa', { ...restored, actions: ['repositories/other/content/read'] }),
      client('zz', { ...restored, actions: ['repositories/other/content/read'] }),
    ]);
    // The first rollout writes the rights of the map, which is that of both.
    app.besides = () => app.clients.has(clientKey(reference('aa'))) && app.put(client('aa'));
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['zz'] } }) });
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(code, err).toBe(0);
    expect([...app.clients.keys()]).toEqual([clientKey(reference('zz'))]);
  });

  test.each<[string, Partial<FakeClient>, boolean]>([
    ['is rotated', { state: 'changing', running: 'key.run' }, true],
    ['gets older', { state: 'expiring' }, true],
    ['drifts', restored, true],
    ['is revoked', { state: 'revoked' }, false],
    ['gets another token', { token: 'another' }, false],
    ['gets another scope map', { scopeMap: 'another' }, false],
    ['gets another endpoint', { endpoint: 'another:443' }, false],
  ])('one that %s in the meantime: %j, removed: %s', async (_what, change, isRemoved) => {
    const app = new FleetApp([client('aa', restored), client('zz', restored)]);
    app.besides = () => app.clients.has(clientKey(reference('aa'))) && app.put(client('aa', change));
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['zz'] } }) });
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(code, err).toBe(isRemoved ? 0 : 4);
    expect(app.started).toHaveLength(isRemoved ? 2 : 1);
    expect(err.includes('aa has changed')).toBe(!isRemoved);
  });

  test.each<[string, (app: FleetApp) => void, string]>([
    ['is in order again', (app) => app.put(client('zz')), ''],
    ['is revoked', (app) => app.put(client('zz', { state: 'revoked' })), 'zz has changed'],
    ['is in an operation', (app) => app.put(client('zz', { state: 'changing' })), 'zz has changed'],
    ['is gone', (app) => app.clients.delete(clientKey(reference('zz'))), 'zz is gone'],
  ])('a second rollout that changes one is started unless it moved: it %s', async (_what, move, moved) => {
    // Rows of about 25 kB, so that one request does not take them all.
    const repositories = Array.from({ length: 100 }, (_, index) => `${'r'.repeat(240)}-${index}`);
    const rows = Array.from({ length: 260 }, (_, index) => ({ client: `new-${index}`, repositories }));
    const app = new FleetApp([client('zz', restored)], 100);
    app.besides = () => {
      if (app.started.length === 1) move(app);
    };
    const file = fleetText({ [PLANT]: { clients: [...rows, 'zz'] } });
    const { crctl } = fleetFolder(app, { 'fleet.yaml': file });
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes');
    expect(code, err).toBe(moved === '' ? 0 : 4);
    expect(app.started).toHaveLength(moved === '' ? 2 : 1);
    expect(err).toContain(moved);
  });
});

test('a second rollout adopts a token whose scope map the first has restored, and none that has changed itself', async () => {
  for (const isOther of [false, true]) {
    const repositories = Array.from({ length: 100 }, (_, index) => `${'r'.repeat(240)}-${index}`);
    const rows = Array.from({ length: 260 }, (_, index) => ({ client: `new-${index}`, repositories }));
    const app = new FleetApp([], 100);
    const token = fakeToken(reference('zz'), 'token-zz');
    app.putToken(token);
    app.besides = () => {
      if (app.started.length === 1)
        app.putToken({
          ...token,
          ...(isOther ? { createdAt: '2026-10-01T00:00:00.000Z' } : {}),
          scopeMap: { ...token.scopeMap, actions: [] },
        });
    };
    const file = fleetText({ [PLANT]: { clients: [...rows, { client: 'zz', token: 'token-zz', adopt: true }] } });
    const { crctl } = fleetFolder(app, { 'fleet.yaml': file });
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes');
    expect(code, err).toBe(isOther ? 4 : 0);
    expect(err.includes('zz adopts a token that has changed')).toBe(isOther);
  }
});
