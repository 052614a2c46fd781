import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { callOf } from '../../../infra/hooks/command.mjs';
import { recoverVault } from '../../../infra/hooks/recoverVault.mjs';
import { registerProviders } from '../../../infra/hooks/registerProviders.mjs';
import { OUTPUTS, refusal, ScriptedAz } from './scriptedAz.js';

let az: ScriptedAz;
const said: string[] = [];
const say = (line: string): void => void said.push(line);
beforeEach(() => {
  az = new ScriptedAz();
  said.length = 0;
  vi.stubEnv('PATH', az.folder);
  for (const [name, value] of Object.entries(OUTPUTS)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  az.remove();
});

const registered = () =>
  az
    .callsWith('provider register')
    .map(({ args }) => `${args[args.indexOf('--subscription') + 1]} ${args[args.indexOf('--namespace') + 1]}`);

test('providers are registered if a deployment would not do it: the network, and events of other subscriptions', () => {
  vi.stubEnv('PRIVATE_NETWORKING', 'true');
  vi.stubEnv('EXISTING_HUB_ID', '/subscriptions/S3/resourceGroups/g/providers/Microsoft.Devices/IotHubs/h');
  vi.stubEnv(
    'EXISTING_REGISTRY_IDS',
    '/subscriptions/s1/resourceGroups/g/providers/p/registries/a, /subscriptions/s3/resourceGroups/g/providers/p/registries/b',
  );
  az.follow([{ when: 'provider show', answers: [{ stdout: '"NotRegistered"' }] }]);
  registerProviders(say);
  expect(registered()).toEqual(['s1 Microsoft.App', 's1 Microsoft.EventGrid', 's3 Microsoft.EventGrid']);
  expect(said[0]).toBe(
    "Registering the resource provider Microsoft.App in subscription s1: the delegation of the app's subnet.",
  );
});

test('registered providers are not registered again, and without a network none is needed for it', () => {
  az.follow([{ when: 'provider show', answers: [{ stdout: '"Registered"' }] }]);
  registerProviders(say);
  expect(registered()).toEqual([]);
  expect(az.callsWith('Microsoft.App')).toEqual([]);
});

test('a user without the right to register gets the command for somebody who has it', () => {
  az.follow([
    { when: 'provider show', answers: [{ stdout: '"NotRegistered"' }] },
    { when: 'provider register', answers: [refusal('AuthorizationFailed')] },
  ]);
  expect(() => registerProviders(say)).toThrow(
    /AuthorizationFailed[\s\S]*az provider register --namespace Microsoft.EventGrid --subscription s1 --wait/,
  );
});

const deleted = (name: string, change: Record<string, unknown> = {}) => ({
  name,
  properties: {
    vaultId: `/subscriptions/s1/resourceGroups/RG-A/providers/Microsoft.KeyVault/vaults/${name}`,
    location: 'westeurope',
    tags: { 'azd-env-name': 'a' },
    ...change,
  },
});
const found = (...vaults: readonly object[]) => ({
  when: 'deletedVaults',
  answers: [{ stdout: JSON.stringify({ value: vaults }) }],
});
const variable = () => az.callsWith('azd env set').map(({ args }) => args.slice(2));

test('a deleted vault of this environment is recovered', () => {
  az.follow([found(deleted('kv-other', { tags: {} }), deleted('kv-abc'))]);
  recoverVault(say);
  expect(variable()).toEqual([['RECOVER_VAULT', 'true']]);
  expect(said).toEqual(['Recovering the deleted vault kv-abc, with the secrets that it held.']);
});

test('a deleted vault on a later page is found, too', () => {
  const page = { value: [], nextLink: '/subscriptions/s1/providers/Microsoft.KeyVault/deletedVaults?page=2' };
  az.follow([
    { when: 'page=2', answers: found(deleted('kv-abc')).answers },
    { when: 'deletedVaults', answers: [{ stdout: JSON.stringify(page) }] },
  ]);
  recoverVault(say);
  expect(variable()).toEqual([['RECOVER_VAULT', 'true']]);
});

test.each([
  ['another environment', { tags: { 'azd-env-name': 'b' } }],
  ['another region', { location: 'northeurope' }],
  ['another group', { vaultId: '/subscriptions/s1/resourceGroups/rg-b/providers/Microsoft.KeyVault/vaults/kv-abc' }],
])('a deleted vault of %s is ignored', (_, change) => {
  az.follow([found(deleted('kv-abc', change))]);
  recoverVault(say);
  expect(variable()).toEqual([]);
});

test('an existing vault is not recovered again', () => {
  vi.stubEnv('RECOVER_VAULT', 'true');
  az.follow([found()]);
  recoverVault(say);
  expect(variable()).toEqual([['RECOVER_VAULT', 'false']]);
});

test('no deleted vault is searched if the user brings one', () => {
  vi.stubEnv('EXISTING_VAULT_ID', OUTPUTS.VAULT_ID);
  recoverVault(say);
  expect(az.calls).toEqual([]);
});

test('an azd that cannot save the variable ends the hook', () => {
  az.follow([found(deleted('kv-abc')), { when: 'azd env set', answers: [{ status: 1, stderr: 'no environment' }] }]);
  expect(() => recoverVault(say)).toThrow('azd env set RECOVER_VAULT true failed: no environment');
});

test('on Windows the CLI is a batch file, whose arguments are quoted or refused', () => {
  expect(callOf('az', ['rest', '--url', '/a?b=c&d'], 'win32')).toEqual([
    'az.cmd',
    ['"rest"', '"--url"', '"/a?b=c&d"'],
    true,
  ]);
  expect(callOf('azd', ['env'], 'win32')).toEqual(['azd', ['env'], false]);
  expect(callOf('az', ['rest'], 'linux')).toEqual(['az', ['rest'], false]);
  for (const bad of ['"', '%PATH%', '\n']) expect(() => callOf('az', [bad], 'win32')).toThrow(TypeError);
});
