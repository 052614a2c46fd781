import { expect, test } from 'vitest';
import { createPace } from '../../../../src/azure/budget/pace.js';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { floorSeconds, writesOf } from '../../../../src/domain/rollouts/floor.js';
import { createAssignmentCount } from '../../../../src/queries/access/assignmentCount.js';
import { referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { createWorld } from '../../fakes/worlds/world.js';

const idOf = (name: string, subscription: number) =>
  `/subscriptions/00000000-0000-0000-0000-00000000000${subscription}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/${name}`;
const NAMES = ['one', 'two', 'three'];
/** The first two share a subscription. */
const IDS = [idOf('one', 1), idOf('two', 1), idOf('three', 2)];
const SEVERAL = {
  KEY_VAULT_URL: '',
  KEY_VAULT_URLS: NAMES.map((name) => `https://${name}.vault.azure.net`).join(),
  KEY_VAULT_RESOURCE_IDS: IDS.join(),
};

test('role assignments are counted once for each subscription, whatever vaults are in it', async () => {
  const asked: string[] = [];
  const count = createAssignmentCount({
    countAssignments: async (vault) => {
      asked.push(vault);
      return { limit: 4000, count: 3990 };
    },
  });
  await Promise.all(IDS.map(count));
  expect(asked).toEqual([IDS[0], IDS[2]]);
});

test('a check warns of each vault by its name, and a dry run of the client’s own', async () => {
  const world = createWorld(SEVERAL);
  world.access.usage = { limit: 4000, count: 3990 };
  const { warnings } = await world.queries.check.clients([referenceOf(0)], undefined, { record: async () => ({}) });
  const near = warnings.filter(({ code }) => code === 'role-assignments-near-limit').map(({ message }) => message);
  expect(near.map((message) => /of the vault (\w+) has 3990 of/.exec(message)?.[1])).toEqual(NAMES);
  const [own, ...others] = await world.queries.limitWarnings(referenceOf(0), 'two.vault.azure.net');
  expect(own?.message).toContain('vault two');
  expect(others).toEqual([]);
});

const plenty = { capacity: 1_000_000, perSecond: 1 };
const rates = { reads: plenty, writes: { capacity: 0, perSecond: 1 }, deletes: plenty };

test('the shortest time of a rollout is that of the busiest subscription, and its writes are those of all', () => {
  const access = { subscription: 'one', rows: 100, others: [{ subscription: 'two', rows: 900 }] };
  const plan = { kind: 'onboard', rows: 1000, subscriptions: [{ id: 'registry', rows: 0 }], rates } as const;
  expect(floorSeconds({ ...plan, access }, 1)).toBe(1800);
  expect(writesOf({ ...plan, access }, 1000) - writesOf(plan, 1000)).toBe(2000);
});

test('rows that give access wait until every vault’s subscription has room', () => {
  const turns = new Turns({ now: () => 1_000_000, sleep: async () => undefined });
  const of = (vaults: readonly string[]) =>
    createPace(turns, {
      arm: { rates, identities: [] },
      identity: { clientId: 'own' },
      vaults: vaults.map((resourceId) => ({ resourceId })),
      registries: [{ name: 'first', subscriptionId: 'registry', resourceGroup: 'edge' }],
    });
  const work = { registry: 'first', kind: 'rotate', givesAccess: true } as const;
  const [one, both] = [of([idOf('one', 1)]), of(IDS)];
  const room = both.room(work, 100);
  expect(room).toBe(one.room(work, 100));
  both.started(work);
  expect(both.room(work, 100)).toBeLessThan(room);
});
