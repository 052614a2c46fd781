import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { vaultSettings, vaultsOf, type World } from '@connected-registry/local-stack/stack/world';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { ON_REAL_HOST } from '../harness/hostUnderTest.js';
import { OperatorSdk } from '../harness/operatorSdk.js';
import { TakingAway } from '../harness/takingAway.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import type { JoinedDevice } from './joinedDevice.js';
import { Joiner } from './joiner.js';
import { completeSealed, joinAs } from './sealedRun.js';

/** The control plane's address is also the first vault's. */
const vaultsIn = (world: World) => vaultsOf(world, new URL(world.topics.requests.endpoint).origin);

let it: TestStack;
let joiner: Joiner;
let takingAway: TakingAway;
beforeAll(async () => {
  it = await startTestStack({
    device: false,
    furtherVaults: 2,
    settings: (world) => ({
      PULL_CHECK_RETRY_SECONDS: '1',
      PASSWORD_REPLICATION_SECONDS: '0',
      ...vaultSettings(vaultsIn(world).slice(0, 2)),
    }),
  });
  joiner = new Joiner(it);
  takingAway = new TakingAway(it);
});
afterAll(async () => it.dispose());

const dryRun = z.object({ vaults: z.array(z.object({ client: z.string(), vault: z.string() })) });
const view = z.object({ state: z.string(), vault: z.string() });
const page = z.object({ clients: z.array(z.object({ client: z.string(), vault: z.string() })) });
const check = z.object({
  status: z.string(),
  result: z.object({ counts: z.record(z.string(), z.number()), findings: z.array(z.unknown()) }).optional(),
});

/** The vault that the app names for a client that it does not know yet. */
async function vaultFor(client: string): Promise<string> {
  const { body } = await it.app.post(onboardingOf(client, { dryRun: true }));
  return dryRun.parse(body).vaults[0]?.vault ?? '';
}

/** Two new clients of each of these vaults. */
async function clientsOf(hosts: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let nth = 0; found.size < 2 * hosts.length && nth < 100; nth += 1) {
    const client = `spread-${nth}`;
    const vault = await vaultFor(client);
    if (hosts.includes(vault) && [...found.values()].filter((one) => one === vault).length < 2)
      found.set(client, vault);
  }
  return found;
}

/** Names of the secrets in each vault, by the operator. */
async function secretsIn(hosts: readonly string[]): Promise<Record<string, string[]>> {
  const lists = hosts.map(async (host) => {
    const operator = new OperatorSdk({ ...it.stack.endpoints, keyVault: { url: `https://${host}` } });
    return [host, await operator.secretNames()] as const;
  });
  return Object.fromEntries(await Promise.all(lists));
}

const viewOf = async (client: string) => view.parse((await it.app.get(`clients/${it.secretOf(client)}`)).body);

// The external host gets its settings once.
test.skipIf(ON_REAL_HOST)(
  'clients of two vaults stay in theirs when a third is added, from onboarding to offboarding',
  async () => {
    const vaults = vaultsIn(it.stack.controlPlane.world);
    const hosts = vaults.map(({ url }) => new URL(url).host);
    const clients = await clientsOf(hosts.slice(0, 2));
    expect([clients.size, new Set(clients.values())]).toEqual([4, new Set(hosts.slice(0, 2))]);

    const joined = new Map<string, JoinedDevice>();
    const work = [...clients].map(async ([client, vault]) => {
      const device = await joinAs(it, joiner, client);
      joined.set(client, device);
      await completeSealed(it, await it.app.start(onboardingOf(client)), client, device);
      expect(await viewOf(client)).toMatchObject({ state: 'ok', vault });
    });
    await Promise.all(work);
    const mains = (host: string) =>
      [...clients].filter(([, vault]) => vault === host).map(([client]) => it.secretOf(client));
    const expectInPlace = async () => {
      const secrets = await secretsIn(hosts);
      for (const host of hosts) {
        const own = secrets[host]?.filter((name) => !name.endsWith('-candidate') && name.includes('spread'));
        expect(own?.toSorted(), host).toEqual(mains(host).toSorted());
      }
    };
    await expectInPlace();

    await it.stack.restartHost(vaultSettings(vaults));
    const logins = new Map<string, Awaited<ReturnType<typeof completeSealed>>['login']>();
    const rotations = [...joined].map(async ([client, device]) => {
      const { login } = await completeSealed(it, await it.app.rotate(client), client, device);
      logins.set(client, login);
      expect((await viewOf(client)).vault).toBe(clients.get(client));
    });
    await Promise.all(rotations);
    await expectInPlace();
    const listed = page.parse((await it.app.get('clients?top=50')).body).clients;
    expect(new Map(listed.map(({ client, vault }) => [client, vault]))).toEqual(clients);

    const everything = z.object({ id: z.string() }).parse((await it.app.post({}, 'checks')).body);
    await expect
      .poll(async () => check.parse((await it.app.get(`operations/${everything.id}`)).body), { timeout: 60_000 })
      .toMatchObject({ status: 'completed', result: { counts: { ok: 4 }, findings: [] } });

    for (const client of clients.keys()) {
      expect(await takingAway.revoke(client)).toMatchObject({ status: 'completed', result: { changed: true } });
      await expect
        .poll(
          async () =>
            (await pullManifest(logins.get(client) ?? { host: '', user: '', password: '' }, 'hello-world')).status,
          { timeout: 60_000 },
        )
        .toBe(401);
      expect(await takingAway.offboard(client)).toMatchObject({ status: 'completed' });
    }
    const rest = await secretsIn(hosts);
    expect(
      Object.values(rest)
        .flat()
        .filter((name) => name.includes('spread')),
    ).toEqual([]);
    // A new client may get the new vault.
    const later = await clientsOf(hosts.slice(2));
    expect([...later.values()]).toContain(hosts[2]);
  },
);
