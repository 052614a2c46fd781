import type { SecretVault } from '../../../../src/ports/secretVault.js';
import type { Vaults } from '../../../../src/ports/vaults.js';
import { unlistedVault } from '../../../../src/azure/vaults.js';
import type { VaultHosts } from '../../../../src/domain/vaults/clientVault.js';
import type { Wire } from '../durable/wire.js';
import { FakeVault } from './vault.js';

/** Vaults in memory. A host that is taken off the list keeps its secrets. */
export class FakeVaults {
  readonly all = new Map<string, FakeVault>();

  /** The first that was listed. */
  get first(): FakeVault {
    const [vault] = this.all.values();
    if (!vault) throw new Error('A world has a vault.');
    return vault;
  }

  /** The vault of a host, listed or not. */
  at(host: string): FakeVault {
    const vault = this.all.get(host) ?? new FakeVault();
    this.all.set(host, vault);
    return vault;
  }

  /** The port of an app whose settings list these hosts, on a wire. */
  port(hosts: VaultHosts, wire: Wire): Vaults {
    const connected = new Map<string, SecretVault>(hosts.map((host) => [host, wire.connect(this.at(host))]));
    return { hosts, of: (host = hosts[0]) => connected.get(host) ?? unlistedVault(host) };
  }
}

/** One vault as all there are, for tests of what works with one client. */
export function onlyVault(vault: SecretVault, host = 'edge-vault.vault.azure.net'): Vaults {
  return { hosts: [host], of: (asked = host) => (asked === host ? vault : unlistedVault(asked)) };
}
