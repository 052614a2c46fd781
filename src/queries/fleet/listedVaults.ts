import type { PlacedListing, ReadVaults } from '../clients/allVaults.js';

/**
 * The vaults, of which the listing is not read again: each has one page, with what was found. Single secrets are read.
 */
export function listedVaults(vaults: ReadVaults, listings: readonly PlacedListing[]): ReadVaults {
  return {
    hosts: vaults.hosts,
    of: (host) => ({
      newest: (name) => vaults.of(host).newest(name),
      page: async () => ({ secrets: listings.filter(({ vaultHost }) => vaultHost === (host ?? vaults.hosts[0])) }),
    }),
  };
}
