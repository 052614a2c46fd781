import { beforeEach, expect, test } from 'vitest';
import { emptyVaultState } from '@connected-registry/azure-simulator/keyvault/vaultState';
import { emptyArmState } from '@connected-registry/azure-simulator/state/armState';
import { Collection } from '@connected-registry/azure-simulator/state/collection';
import type { StoredPassword, Token } from '@connected-registry/azure-simulator/state/registryState';
import { fleetOf } from '../../src/year/fleet.js';
import { CredentialWatch, namesOf } from '../../src/year/observers/credentialWatch.js';
import { Verdict } from '../../src/year/observers/verdict.js';

const [client] = fleetOf(1);
if (!client) throw new Error('The fleet has a client.');
const names = namesOf('myregistry', client);
const systemData = { createdBy: '', createdAt: '', lastModifiedBy: '', lastModifiedAt: '' };

let now: Date;
let tokens: Collection<Token>;
let vault: ReturnType<typeof emptyVaultState>;
let verdict: Verdict;
let watch: CredentialWatch;
beforeEach(() => {
  now = new Date('2030-01-01T00:00:00Z');
  tokens = new Collection<Token>();
  vault = emptyVaultState();
  verdict = new Verdict(() => now);
  const arm = emptyArmState({ tenantId: '', subscriptionId: '', vaultName: '' });
  arm.registries.set({
    name: 'myregistry',
    resourceGroup: '',
    location: '',
    sku: 'Premium',
    dataEndpointEnabled: true,
    adminUserEnabled: false,
    tags: {},
    creationDate: '',
    systemData,
    repositories: new Collection(),
    replications: new Collection(),
    scopeMaps: new Collection(),
    tokens,
    connectedRegistries: new Collection(),
  });
  watch = new CredentialWatch(
    { arm, vault, clock: { now: () => now, setTimer: () => ({ cancel() {} }) } },
    'myregistry',
    verdict,
  );
});

const password = (name: 'password1' | 'password2', creationTime: string, expiry: string): StoredPassword => ({
  name,
  creationTime,
  expiry,
  salt: '',
  hash: '',
});
const hold = (...passwords: StoredPassword[]): void =>
  tokens.set({ name: names.token, scopeMapId: '', status: 'enabled', passwords, creationDate: '', systemData });
const promote = (version: string, slot: string, createdAt: string): void =>
  vault.secrets.set({
    name: names.secret,
    versions: [
      {
        version,
        value: '',
        enabled: true,
        created: 0,
        updated: 0,
        expires: 100,
        tags: { slot, issued: `run 1 ${createdAt}` },
      },
    ],
  });

const first = password('password1', '2030-01-01T00:00:00.000Z', '2030-04-01T00:00:00.000Z');
const second = password('password2', '2030-03-01T00:00:00.000Z', '2030-06-01T00:00:00.000Z');

test('the watch reports each change since the last look once', () => {
  hold(first);
  promote('v1', 'password1', first.creationTime);

  expect(watch.look(client).map(({ kind, slot }) => `${kind} ${slot}`)).toEqual([
    'generated password1',
    'promoted password1',
  ]);
  expect(watch.look(client)).toEqual([]);

  hold(first, second);

  expect(watch.look(client)).toEqual([
    { kind: 'generated', slot: 'password2', expires: Date.parse(second.expiry ?? '') },
  ]);

  promote('v2', 'password2', second.creationTime);
  hold(second);

  expect(watch.look(client)).toEqual([
    { kind: 'cleared', slot: 'password1' },
    { kind: 'promoted', slot: 'password2', expires: 100_000 },
  ]);
  expect(verdict.violations).toEqual([]);
});

test.each([
  ['was replaced in its slot', () => hold({ ...first, creationTime: '2030-01-02T00:00:00.000Z' })],
  ['was cleared', () => hold(second)],
  ['has ended', () => (now = new Date('2030-04-01T00:00:00.000Z'))],
])('a main secret whose password %s breaks the rule', (_how, spoil) => {
  hold(first);
  promote('v1', 'password1', first.creationTime);
  watch.look(client);

  expect(verdict.violations).toEqual([]);

  spoil();
  watch.look(client);
  expect(verdict.violations).toMatchObject([{ rule: 'main', client: client.name }]);
});
