import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import type { ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { tokenMarks } from '../../../../src/domain/check/checkRun.js';
import { REGISTRY } from '../../fakes/answers/requests.js';
import { addFleet, nameOf, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const FIRST = 'edge-vault.vault.azure.net';
const SECOND = 'second-vault.vault.azure.net';
const COUNT = 60;

let world: World;
/** Every second client's secrets are in the second vault. */
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date(ONBOARDED.getTime() + 10 * 86_400_000) });
  world = createWorld({ KEY_VAULT_URL: '', KEY_VAULT_URLS: `https://${FIRST},https://${SECOND}` });
  await addFleet(world, COUNT);
  const [first, second] = [world.vaults.at(FIRST), world.vaults.at(SECOND)];
  for (let nth = 1; nth < COUNT; nth += 2)
    for (const [name, secret] of first.secrets)
      if (name.startsWith(clientKey(referenceOf(nth)))) {
        second.secrets.set(name, secret);
        first.secrets.delete(name);
      }
});
afterEach(() => vi.useRealTimers());

const vaultOf = (nth: number) => (nth % 2 === 0 ? FIRST : SECOND);
/** The records that onboardings have left. */
const records = new Map(
  Array.from({ length: COUNT }, (_, nth) => [clientKey(referenceOf(nth)), { vault: vaultOf(nth) }] as const),
);
const runs = { record: async (key: string): Promise<ClientRecord> => records.get(key) ?? {} };

describe('clients in two vaults', () => {
  test('are all listed once, each with its vault, page by page', async () => {
    const found: [string, string][] = [];
    let from: Parameters<typeof world.queries.inventory.clients>[2];
    do {
      const page = await world.queries.inventory.clients({}, 7, from);
      found.push(...page.clients.map(({ client, vault }): [string, string] => [client, vault]));
      from = page.next;
      expect(JSON.stringify(from ?? {})).not.toContain('vault.azure.net');
    } while (from);
    expect(found).toHaveLength(COUNT);
    expect(new Map(found)).toEqual(new Map(Array.from({ length: COUNT }, (_, nth) => [nameOf(nth), vaultOf(nth)])));
  });

  test('are found by name', async () => {
    const { clients } = await world.queries.inventory.clients({ client: nameOf(3) }, 10);
    expect(clients).toMatchObject([{ client: nameOf(3), vault: SECOND }]);
  });

  test('are scheduled for rotation from both, and a copy in the wrong one is not', async () => {
    const { name, secret } = copyOf(0);
    world.vaults.at(SECOND).secrets.set(name, secret);
    const clients: string[] = [];
    let continuation: string | undefined;
    do {
      const page = await world.queries.rotationSchedule(
        world.config.rotation,
        async (client) => runs.record(clientKey(client)),
        continuation,
      );
      clients.push(...page.clients.map(({ reference }) => reference.client));
      ({ continuation } = page);
    } while (continuation !== undefined);
    expect(clients.toSorted()).toEqual(Array.from({ length: COUNT }, (_, nth) => nameOf(nth)));
  });

  test('are checked in both, and a copy in the wrong one is reported', async () => {
    const { name, secret } = copyOf(2);
    world.vaults.at(SECOND).secrets.set(name, secret);
    const outcome = await world.activities.checkPage(
      { run: 'a-check', room: 100 },
      {
        ...runs,
        running: async () => undefined,
      },
    );
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    const { counts, findings } = outcome.value;
    expect(counts).toEqual({ ok: COUNT, drifted: 1 });
    expect(findings).toMatchObject([
      { client: nameOf(2), differences: [{ code: 'vault-differs', expected: FIRST, found: SECOND }] },
    ]);
  });
});

test('the token of a client in a vault that is not listed is no left-over: a check warns of the vault', async () => {
  const gone = 'gone.vault.azure.net';
  const token = defaultTokenName(referenceOf(1));
  const others = Array.from({ length: COUNT }, (_, nth) => ({
    registry: REGISTRY,
    token: defaultTokenName(referenceOf(nth)),
  })).filter((one) => one.token !== token);
  const find = (vault: string | undefined) =>
    world.activities.findLeftOvers(
      { run: 'a-check', registry: REGISTRY, tokens: [tokenMarks(others)] },
      { tokenOwner: async () => referenceOf(1), record: async () => (vault === undefined ? {} : { vault }) },
    );
  expect(await find(gone)).toMatchObject({
    value: { unused: [], warnings: [{ code: 'vault-not-configured', message: expect.stringContaining(gone) }] },
  });
  expect(await find(FIRST)).toMatchObject({ value: { unused: [{ kind: 'token', name: token }], warnings: [] } });
});

/** A client's main secret in the first vault. */
function copyOf(nth: number) {
  const name = clientKey(referenceOf(nth));
  const secret = world.vaults.at(FIRST).secrets.get(name);
  if (!secret) throw new Error('The client is in the first vault.');
  return { name, secret };
}
