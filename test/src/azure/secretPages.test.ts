import { afterAll, beforeAll, expect, test } from 'vitest';
import { Turns } from '../../../src/azure/budget/turns.js';
import { createKeyVault } from '../../../src/azure/keyVault.js';
import type { SecretVault } from '../../../src/ports/secretVault.js';
import { startAppCloud, type AppCloud } from './appCloud.js';

let app: AppCloud;
let vault: SecretVault;
const expiresOn = '2030-01-01T00:00:00.000Z';
const name = (nth: number) => `secret-${String(nth).padStart(3, '0')}`;

beforeAll(async () => {
  app = await startAppCloud();
  vault = createKeyVault(app.vault, app.credential, new Turns());
  for (let nth = 0; nth < 60; nth += 1) await vault.store(name(nth), 'x', { expiresOn, tags: { nth: String(nth) } });
});
afterAll(() => app.end());

test('all secrets come page by page, each call one request, with a continuation that names no host', async () => {
  const found: string[] = [];
  const sizes: number[] = [];
  let continuation: string | undefined;
  do {
    const page = await vault.page(continuation);
    found.push(...page.secrets.map((secret) => secret.name));
    sizes.push(page.secrets.length);
    ({ continuation } = page);
    expect(continuation ?? '?').toMatch(/^\?[^:]*$/);
  } while (continuation !== undefined);
  expect(sizes).toEqual([25, 25, 10]);
  expect(found).toEqual(Array.from({ length: 60 }, (_, nth) => name(nth)));
});

test('a continuation of no page of the vault’s is refused, and sent nowhere else', async () => {
  await expect(vault.page('?maxresults=0')).rejects.toMatchObject({ kind: 'refused', status: 400 });
  // Asked of the vault as a strange query, which it takes for the first page.
  const { secrets } = await vault.page('//elsewhere.example/secrets?x=1');
  expect(secrets[0]?.name).toBe(name(0));
});

test('a secret is listed with its newest version, also a disabled one', async () => {
  const first = await vault.store('twice', 'x', { expiresOn, tags: { nth: 'first' } });
  // The service counts seconds; one second lies between the two.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const second = await vault.store('twice', 'x', { expiresOn, tags: { nth: 'second' } });
  expect(await vault.newest('twice')).toMatchObject({
    name: 'twice',
    tags: { nth: 'second' },
    isEnabled: true,
    version: second.version,
  });
  await vault.disable(first);
  await vault.disable(second);
  expect(await vault.newest('twice')).toMatchObject({
    name: 'twice',
    tags: { nth: 'second' },
    isEnabled: false,
    version: second.version,
  });
  await vault.remove('twice');
  expect(await vault.newest('twice')).toBeUndefined();
});
