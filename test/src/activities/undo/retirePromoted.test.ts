import { beforeEach, describe, expect, test } from 'vitest';
import { retirePromoted } from '../../../../src/activities/undo/retirePromoted.js';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { FakeVault } from '../../fakes/services/vault.js';
import { onlyVault } from '../../fakes/services/vaults.js';

const reference = { registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'sensor-7' };
const name = mainSecretName(reference);
const expiresOn = '2026-05-30T12:00:00.000Z';
let vault: FakeVault;
beforeEach(() => {
  vault = new FakeVault();
});
const save = (run: string, password: string) =>
  vault.store(name, JSON.stringify({ auths: { 'edge:8000': { auth: btoa(`user:${password}`) } } }), {
    expiresOn,
    tags: formatTags({
      ...reference,
      token: 'a-token',
      scopeMap: 'a-map',
      slot: 'password1',
      expiresOn,
      issued: { run, attempt: 1, slotCreatedAt: '2026-03-01T12:00:00.000Z' },
      made: { scopeMap: false, token: false },
    }),
  });
const retire = (earlier?: string) =>
  retirePromoted({ vaults: onlyVault(vault) })({
    vaultHost: undefined,
    reference,
    run: 'run-2',
    ...(earlier ? { earlier } : {}),
  });

describe('rolling back a promotion', () => {
  test('removes a main secret that only this run created', async () => {
    await save('run-2', 'new');
    expect(await retire()).toEqual({ kind: 'done', value: {} });
    expect(vault.has(name)).toBe(false);
  });

  test('restores the earlier credential for consumers, also when repeated', async () => {
    const before = await save('run-1', 'old');
    await save('run-2', 'new');
    await retire(before.version);
    expect(vault.passwordIn(name)).toBe('old');
    await retire(before.version);
    expect(vault.passwordIn(name)).toBe('old');
    expect(
      vault.versionsOf(name).filter((version) => version.isEnabled && version.value.includes(btoa('user:new'))),
    ).toEqual([]);
  });

  test('keeps the credential of a later run newest', async () => {
    const before = await save('run-1', 'old');
    await save('run-2', 'new');
    await save('run-3', 'newer');
    await retire(before.version);
    expect(vault.passwordIn(name)).toBe('newer');
    expect(vault.versionsOf(name).map(({ isEnabled }) => isEnabled)).toEqual([true, false, true]);
  });

  test('keeps the secret if this run promoted nothing', async () => {
    const before = await save('run-1', 'old');
    await retire(before.version);
    expect(vault.versionsOf(name)).toHaveLength(1);
    expect(vault.passwordIn(name)).toBe('old');
  });
});
