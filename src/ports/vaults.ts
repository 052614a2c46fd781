import type { VaultHosts } from '../domain/vaults/clientVault.js';
import type { RegistryControlPlane } from './registryControlPlane.js';
import type { SecretVault } from './secretVault.js';

/**
 * The vaults of the settings. There is no way to a secret but through the vault that has it, so that none can be looked
 * for in another by mistake.
 */
export interface Vaults {
  /** In the order of the settings. */
  readonly hosts: VaultHosts;
  /**
   * The vault of this host, or the first for undefined (see InVault).
   *
   * @returns for a host that the settings do not list a vault of which every method throws a ServiceError of kind
   * `refused`
   */
  of(host: string | undefined): SecretVault;
}

/** The ports on one client's resources: its registry, and the vault that has its secrets. */
export interface ClientPorts {
  readonly controlPlane: RegistryControlPlane;
  readonly vault: SecretVault;
}

/** The ports on the resources of a client. @param vaultHost see InVault */
export function clientPorts(
  { controlPlane, vaults }: { readonly controlPlane: RegistryControlPlane; readonly vaults: Vaults },
  vaultHost: string | undefined,
): ClientPorts {
  return { controlPlane, vault: vaults.of(vaultHost) };
}

/** The same vaults, each wrapped once. */
export function wrapVaults(vaults: Vaults, wrap: (vault: SecretVault) => SecretVault): Vaults {
  const { hosts } = vaults;
  const wrapped = new Map<string | undefined, SecretVault>();
  return {
    hosts,
    of: (host) => {
      const known = wrapped.get(host) ?? wrap(vaults.of(host));
      // A host from a record that the settings do not list is wrapped each time, so that their number is bounded.
      if (host === undefined || hosts.includes(host)) wrapped.set(host, known);
      return known;
    },
  };
}
