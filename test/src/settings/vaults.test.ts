import { describe, expect, test } from 'vitest';
import { vaultHosts } from '../../../src/settings/vaults.js';
import { config } from '../fakes/answers/requests.js';
import { problemsOf } from './problemsOf.js';

const idOf = (name: string, subscription = 1) =>
  `/subscriptions/00000000-0000-0000-0000-00000000000${subscription}/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/${name}`;
const several = (...names: readonly string[]) => ({
  KEY_VAULT_URL: '',
  KEY_VAULT_URLS: names.map((name) => `https://${name}.vault.azure.net/`).join(', '),
});

describe('several vaults', () => {
  test('are read in their order, each with its resource id', () => {
    const ids = { KEY_VAULT_RESOURCE_IDS: `${idOf('One')}, ${idOf('two', 2)}` };
    const found = config({ ...several('one', 'two'), ...ids });
    expect(vaultHosts(found)).toEqual(['one.vault.azure.net', 'two.vault.azure.net']);
    expect(found.vaults.map(({ resourceId }) => resourceId)).toEqual([idOf('One'), idOf('two', 2)]);
  });

  test('are told apart by their ports only where they share a host, since a stand-in may get another port', () => {
    const at = (...ports: readonly number[]) => ({
      KEY_VAULT_URL: '',
      KEY_VAULT_URLS: ports.map((port) => `https://localhost:${port}`).join(),
      KEY_VAULT_VERIFY_CHALLENGE: 'false',
    });
    expect([vaultHosts(config(at(8001))), vaultHosts(config(at(8002)))]).toEqual([['localhost'], ['localhost']]);
    expect(vaultHosts(config(at(8001, 8002)))).toEqual(['localhost:8001', 'localhost:8002']);
  });

  test('may be one, by either setting', () => {
    expect(config(several('edge-vault')).vaults).toEqual(config().vaults);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['KEY_VAULT_URLS', { KEY_VAULT_URL: '', KEY_VAULT_URLS: 'https://a.vault.azure.net,wrong-value' }],
    ['KEY_VAULT_URLS', { KEY_VAULT_URL: '', KEY_VAULT_URLS: ',' }],
    ['KEY_VAULT_URLS', { KEY_VAULT_URL: '', KEY_VAULT_URLS: 'http://a.vault.azure.net' }],
    ['KEY_VAULT_URLS', several('a', 'A')],
    ['KEY_VAULT_URLS', several(...Array.from({ length: 21 }, (_, nth) => `vault${nth}`))],
    ['KEY_VAULT_URL', { ...several('a'), KEY_VAULT_URL: 'https://a.vault.azure.net' }],
    ['KEY_VAULT_URL', { KEY_VAULT_URL: '' }],
    ['KEY_VAULT_RESOURCE_IDS', { ...several('one', 'two'), KEY_VAULT_RESOURCE_IDS: idOf('one') }],
    ['KEY_VAULT_RESOURCE_IDS', { ...several('one', 'two'), KEY_VAULT_RESOURCE_IDS: `${idOf('two')},${idOf('one')}` }],
    ['KEY_VAULT_RESOURCE_IDS', { ...several('one'), KEY_VAULT_RESOURCE_IDS: 'wrong-value' }],
    ['KEY_VAULT_RESOURCE_ID', { ...several('one', 'two'), KEY_VAULT_RESOURCE_ID: idOf('one') }],
    ['KEY_VAULT_RESOURCE_ID', { KEY_VAULT_RESOURCE_ID: idOf('another') }],
    [
      'KEY_VAULT_RESOURCE_ID',
      { ...several('one'), KEY_VAULT_RESOURCE_ID: idOf('one'), KEY_VAULT_RESOURCE_IDS: idOf('one') },
    ],
    ['KEY_VAULT_VERIFY_CHALLENGE', { ...several('one'), KEY_VAULT_VERIFY_CHALLENGE: 'false' }],
  ])('stop the start by the name of the setting that is wrong: %s %j', (name, settings) => {
    const problems = problemsOf(settings);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^setting ${name} `));
    expect(problems[0]).not.toContain('wrong-value');
  });
});
