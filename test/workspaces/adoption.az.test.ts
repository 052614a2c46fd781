import { ClientSecretCredential } from '@azure/identity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { createArmControlPlane } from '../../src/azure/arm/armControlPlane.js';
import { Turns } from '../../src/azure/budget/turns.js';
import { FIX_COMMANDS } from '../../src/domain/check/fixCommands.js';
import { createTokenUsers } from '../../src/queries/clients/tokenUsers.js';
import { createUnmanagedTokens } from '../../src/queries/clients/unmanagedTokens.js';
import { loadConfig } from '../../src/settings/config.js';
import { FakeVaults } from '../src/fakes/services/vaults.js';
import { Wire } from '../src/fakes/durable/wire.js';
import { vaultHosts } from '../../src/settings/vaults.js';
import { AzCloud } from './azCloud.js';

/* Tokens as operators make them with the real Azure CLI, and how the app sees them through its own SDK. */

const PLACE = '-r myregistry -n myconnectedregistry';
let cloud: AzCloud;
let list: () => Promise<readonly UnmanagedToken[]>;
const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

beforeAll(async () => {
  cloud = await AzCloud.start();
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const { subscriptionId, tenantId, identities } = cloud.world;
  const config = loadConfig({
    REGISTRIES: `/subscriptions/${subscriptionId}/resourceGroups/onboarding-local/providers/Microsoft.ContainerRegistry/registries/myregistry`,
    ARM_ENDPOINT: cloud.url,
    KEY_VAULT_URL: cloud.url,
    SIGNAL_TOPIC_ENDPOINT: cloud.url,
    REPORT_KEYS: `k1:${Buffer.alloc(32).toString('base64url')}`,
  });
  const { clientId, clientSecret } = identities.app;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: cloud.url,
    disableInstanceDiscovery: true,
  });
  const ports = {
    controlPlane: createArmControlPlane(config, () => credential, new Turns()),
    vaults: new FakeVaults().port(vaultHosts(config), new Wire()),
  };
  const unmanaged = createUnmanagedTokens(ports, config, createTokenUsers(ports.vaults));
  list = async () => (await unmanaged.page({}, 100, undefined, undefined)).tokens;
});
afterAll(async () => {
  if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
  await cloud.end();
});

test('a token of the quickstart, with one generated password, has a free slot', async () => {
  await cloud.run('az acr scope-map create -r myregistry -n presses --repository hello-world content/read');
  await cloud.run('az acr token create -r myregistry -n press-1 --scope-map presses --no-passwords');
  await cloud.run('az acr token credential generate -r myregistry -n press-1 --password1 --expiration-in-days 30');
  expect(await list()).toEqual([]);
  await cloud.run(`az acr connected-registry update ${PLACE} --add-client-tokens press-1`);
  const [token, ...others] = await list();
  expect([token, others]).toMatchObject([
    {
      token: 'press-1',
      connectedRegistry: 'myconnectedregistry',
      isEnabled: true,
      passwords: [{ slot: 'password1', works: true }],
      freeSlot: 'password2',
      scopeMap: { name: 'presses', rights: 'read', actions: ['repositories/hello-world/content/read'] },
      lastUse: 'unknown',
    },
    [],
  ]);
  const [password] = token?.passwords ?? [];
  const life = new Date(password?.expiresAt ?? 0).getTime() - new Date(password?.createdAt ?? 0).getTime();
  expect(Math.round(life / 86_400_000)).toBe(30);
});

test('a token as the CLI makes it without options has both passwords, until one is removed by the fix that is named', async () => {
  await cloud.run('az acr token create -r myregistry -n press-2 --scope-map _repositories_pull');
  await cloud.run(`az acr connected-registry update ${PLACE} --add-client-tokens press-2`);
  const find = async () => (await list()).find(({ token }) => token === 'press-2');
  const full = await find();
  expect(full).toMatchObject({ scopeMap: { name: '_repositories_pull', rights: 'read' } });
  expect([full?.passwords.length, full?.freeSlot]).toEqual([2, undefined]);
  await cloud.run(FIX_COMMANDS.clearPassword({ registry: 'myregistry', token: 'press-2', slot: 'password1' }));
  expect((await find())?.freeSlot).toBe('password1');
});

test('a disabled token, and what its scope map may do beyond reading, are seen as such', async () => {
  await cloud.run(
    'az acr scope-map create -r myregistry -n pushers --repository hello-world content/read content/write',
  );
  await cloud.run('az acr token create -r myregistry -n press-3 --scope-map pushers --status disabled --no-passwords');
  await cloud.run(`az acr connected-registry update ${PLACE} --add-client-tokens press-3`);
  const found = (await list()).find(({ token }) => token === 'press-3');
  expect(found).toMatchObject({ isEnabled: false, passwords: [], scopeMap: { name: 'pushers', rights: 'write' } });
});
