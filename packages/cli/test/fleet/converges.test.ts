import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import type { FleetPlan } from '../../src/fleet/plan/planFile.js';
import { fakeClient, FleetApp, type FakeClient } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/*
 * Random fleet files and random worlds. What the app does with a request is the fake's, which follows the app's own
 * rules of onboarding; plans, rollouts and comparisons are the real ones.
 */

const PLACES = ['plant7registry', 'plant8registry', 'plant9registry'];
const NAMES = ['press-1', 'press-2', 'oven', 'Oven', 'belt', '0012', '1e5', 'null'];
const IDS = ['11111111-2222-3333-4444-555555555555', '99999999-2222-3333-4444-555555555555'];

const repositories = fc.oneof(
  fc.subarray(['hello-world', 'oven', 'samples/app'], { minLength: 1 }),
  fc.constant({ 'hello-world': ['content/read', 'metadata/read'] }),
);
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const fields = fc
  .record({
    repositories: optional(repositories),
    scopeMap: optional(fc.constantFrom('map-one', 'map-two')),
    endpoint: optional(fc.constantFrom('edge:5000', 'edge.example.org:443')),
    credentialLifetimeDays: optional(fc.constantFrom(60, 90)),
    identity: optional(fc.constantFrom(...IDS).map((principalId) => ({ principalId }))),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const state = fc.constantFrom<Pick<FakeClient, 'state' | 'differences' | 'running'>>(
  { state: 'ok', differences: [] },
  { state: 'ok', differences: [{ code: 'fact-unknown' }] },
  { state: 'expiring', differences: [] },
  { state: 'expired', differences: [] },
  { state: 'orphaned', differences: [{ code: 'token-missing' }] },
  { state: 'unbound', differences: [{ code: 'binding-missing' }] },
  { state: 'drifted', differences: [{ code: 'password-replaced' }] },
  { state: 'drifted', differences: [{ code: 'access-foreign' }] },
  { state: 'revoked', differences: [] },
  { state: 'changing', differences: [], running: 'key.run' },
);

const names = fc.uniqueArray(fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...NAMES)), {
  selector: ([place, client]) => `${place}/${client}`,
  maxLength: 10,
});

const worldOfClients = names.chain((found) =>
  fc.tuple(
    ...found.map(([connectedRegistry, client]) =>
      fc.tuple(fields, state, fc.boolean()).map(([own, present, isAdopted]): FakeClient => {
        const base = fakeClient(
          { registry: REGISTRY, connectedRegistry, client },
          { repositories: ['hello-world'], ...own },
        );
        return {
          ...base,
          ...(isAdopted ? { token: `their-${NAMES.indexOf(client)}-${connectedRegistry}` } : {}),
          ...present,
        };
      }),
    ),
  ),
);

const file = names.chain((wanted) =>
  fc.tuple(...wanted.map(([place, client]) => fields.map((own) => ({ place, row: { client, ...own } })))).map((rows) =>
    // The last place may be one without clients, or one that the file does not name.
    Object.fromEntries(
      PLACES.slice(0, 2).map((place) => [
        place,
        { clients: rows.filter((one) => one.place === place).map(({ row }) => row) },
      ]),
    ),
  ),
);

test('a plan that was carried out leaves nothing to do, and takes nothing away without leave', async () => {
  await fc.assert(
    fc.asyncProperty(worldOfClients, file, fc.boolean(), fc.boolean(), async (clients, wanted, prune, isKept) => {
      const app = new FleetApp(clients);
      const before = new Map(app.clients);
      const { crctl, world } = fleetFolder(app, { 'fleet.yaml': fleetText(wanted) });
      const removal = prune ? ['--prune', '--max-deletes', '100'] : [];
      const plan = await crctl('plan', 'fleet.yaml', ...removal, '--out', 'plan.json');
      const hasChanges = !plan.out.includes('0 to add, 0 to change, 0 to remove');
      expect(plan.code, plan.err).toBe(!hasChanges && plan.out.includes('held back') ? 1 : 0);
      expect(plan.err.includes('Carry it out with')).toBe(hasChanges);
      expect([...app.clients]).toEqual([...before]);
      const applied = isKept
        ? await crctl('apply', 'plan.json', '--yes')
        : await crctl('apply', 'fleet.yaml', ...removal, '--yes');
      const { clients: entries } = JSON.parse(readFileSync(join(world.cwd, 'plan.json'), 'utf8')) as FleetPlan;
      const removals = entries.filter(({ mark }) => mark === '-');
      const blocks = entries.some(({ mark, place }) => mark === '?' && place !== undefined);
      const held = blocks ? removals : [];
      expect(applied.code, applied.err).toBe(held.length > 0 ? 1 : 0);
      for (const { key } of held) expect(app.clients.get(key)).toEqual(before.get(key));

      const again = await crctl('plan', 'fleet.yaml', ...removal, '--detailed-exitcode', '-o', 'name');
      expect(again.out.split('\n').filter((line) => line !== '')).toEqual(
        held.map((one) => `${one.registry}/${one.connectedRegistry}/${one.client}`),
      );
      const isUnknown = [...app.clients.values()].some(
        ({ running, differences }) => running !== undefined || differences.some(({ code }) => code === 'fact-unknown'),
      );
      expect(held.length > 0 ? [1] : isUnknown ? [0, 1] : [0]).toContain(again.code);

      const named = new Set(
        Object.entries(wanted).flatMap(([connectedRegistry, group]) =>
          group.clients.map(({ client }) => clientKey({ registry: REGISTRY, connectedRegistry, client })),
        ),
      );
      const mayGo = ([key, client]: [string, FakeClient]): boolean =>
        prune && !named.has(key) && client.connectedRegistry in wanted;
      const kept = [...before].filter((one) => !mayGo(one)).map(([key]) => key);
      expect([...app.clients.keys()]).toEqual(expect.arrayContaining(kept));
      // Nobody brings a stolen device back by a file, works on a client beside a run, or touches what the file does not
      // name.
      const untouched = [...before].filter(
        ([key, { state: was, running }]) =>
          app.clients.has(key) && (was === 'revoked' || running !== undefined || !named.has(key)),
      );
      for (const [key, client] of untouched) expect(app.clients.get(key)).toEqual(client);
      for (const key of named) expect(app.clients.has(key)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('whatever moves in the scope of a plan, it is refused and nothing is started', async () => {
  await fc.assert(
    fc.asyncProperty(worldOfClients, file, fc.constantFrom(...PLACES.slice(0, 2)), async (clients, wanted, place) => {
      const app = new FleetApp(clients);
      const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText(wanted) });
      await crctl('plan', 'fleet.yaml', '--out', 'plan.json');
      app.put(fakeClient({ registry: REGISTRY, connectedRegistry: place, client: 'newcomer' }));
      expect((await crctl('apply', 'plan.json', '--yes')).code).toBe(4);
      expect(app.started).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test('what exists is exported, and a plan of that changes nothing', async () => {
  // Tokens that several clients have: names of their own, and those that one of them has by default.
  const tokens = fc.array(fc.option(fc.oneof(fc.constant('shared-token'), fc.nat({ max: 9 })), { nil: undefined }), {
    minLength: 10,
    maxLength: 10,
  });
  const defaults = (clients: readonly FakeClient[]) => clients.map((client) => defaultTokenName(client));
  await fc.assert(
    fc.asyncProperty(worldOfClients, tokens, async (clients, sharing) => {
      const inOrder = clients.map(({ running: _running, ...client }, index): FakeClient => {
        const shared = sharing[index];
        const token = typeof shared === 'number' ? defaults(clients)[shared] : shared;
        return { ...client, state: 'ok', differences: [], ...(token === undefined ? {} : { token }) };
      });
      const app = new FleetApp(inOrder);
      const { crctl, put } = fleetFolder(app);
      const exported = await crctl('export');
      expect(exported.code, exported.err).toBe(0);
      if (clients.length === 0) return;
      put('fleet.yaml', exported.out);
      const plan = await crctl('plan', 'fleet.yaml', '--prune', '--max-deletes', '0', '--detailed-exitcode');
      expect(plan.code, plan.out + plan.err).toBe(0);
      expect(plan.out).toContain(`0 to add, 0 to change, 0 to remove, ${clients.length} equal`);
      expect(plan.out).not.toContain('left so');
    }),
    { numRuns: 100 },
  );
});
