import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { clientVault, vaultOfKey, type VaultHosts } from '../../../../src/domain/vaults/clientVault.js';

const host = fc.stringMatching(/^[a-z][a-z0-9]{2,11}$/).map((name) => `${name}.vault.azure.net`);
const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 6 }).map((all) => all as unknown as VaultHosts);
const key = fc
  .string({ minLength: 1, maxLength: 20 })
  .map((client) => clientKey({ registry: 'myregistry', connectedRegistry: 'edge', client }));
const HELD: ClientRecord = {
  held: [{ token: 'a-token', scopeMap: 'a-map', since: '2026-03-01T12:00:00.000Z', isMade: true }],
};

describe('the vault of a new client', () => {
  test('follows from its key, whatever the order of the list', () => {
    const shuffled = hosts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, key, ([all, others], its) => {
        expect(vaultOfKey(its, others as unknown as VaultHosts)).toBe(vaultOfKey(its, all));
      }),
    );
  });

  test('changes when a vault is added only to the added one', () => {
    fc.assert(
      fc.property(hosts, host, key, (all, added, its) => {
        fc.pre(!all.includes(added));
        expect([vaultOfKey(its, all), added]).toContain(vaultOfKey(its, [...all, added]));
      }),
    );
  });

  test('is each of them about as often', () => {
    const all: VaultHosts = ['a.vault.azure.net', 'b.vault.azure.net', 'c.vault.azure.net', 'd.vault.azure.net'];
    const counts = new Map<string, number>();
    for (let nth = 0; nth < 8000; nth += 1) {
      const its = vaultOfKey(
        clientKey({ registry: 'myregistry', connectedRegistry: 'edge', client: `device-${nth}` }),
        all,
      );
      counts.set(its, (counts.get(its) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    // The standard deviation of each count is 39.
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});

describe('the vault of a known client', () => {
  test('is the recorded one, whatever the settings list by now', () => {
    fc.assert(
      fc.property(hosts, host, key, (all, recorded, its) => {
        expect(clientVault({ ...HELD, vault: recorded }, its, all)).toBe(recorded);
      }),
    );
  });

  test('is the first if it has a token from before vaults were recorded, however many follow', () => {
    fc.assert(
      fc.property(hosts, key, (all, its) => {
        expect(clientVault(HELD, its, all)).toBe(all[0]);
      }),
    );
  });

  test('follows from its key again after its offboarding, which leaves that it existed', () => {
    fc.assert(
      fc.property(hosts, key, (all, its) => {
        expect(clientVault({ knownSince: '2026-03-01T12:00:00.000Z' }, its, all)).toBe(vaultOfKey(its, all));
      }),
    );
  });
});
