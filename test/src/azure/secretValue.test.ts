import type { TokenCredential } from '@azure/identity';
import { expect, test, vi } from 'vitest';
import { Turns } from '../../../src/azure/budget/turns.js';
import { createKeyVault } from '../../../src/azure/keyVault.js';
import { ServiceError } from '../../../src/serviceErrors/serviceError.js';

const { written } = vi.hoisted(() => ({ written: [] as string[] }));

/** A vault whose answers have no value, as JSON of something else would have none. */
vi.mock('@azure/keyvault-secrets', () => ({
  SecretClient: class {
    getSecret = async (name: string) => ({ name, properties: { name, version: 'v1', tags: {} } });
    setSecret = async (name: string) => {
      written.push(name);
      return { name, properties: { name, version: 'v2', tags: {} } };
    };
  },
}));

const credential: TokenCredential = { getToken: async () => null };
const vault = createKeyVault({ url: 'https://vault.example', verifyChallenge: true }, credential, new Turns());

test('an answer without a value is a read that failed, and never an empty secret', async () => {
  const copy = vault.copy({ name: 'candidate', version: 'v1' }, 'main', {
    expiresOn: '2030-01-01T00:00:00Z',
    tags: {},
  });
  await expect(copy).rejects.toThrow(ServiceError);
  await expect(vault.current('main')).rejects.toThrow(ServiceError);
  expect(written).toEqual([]);
});
