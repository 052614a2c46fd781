import type { TokenCredential } from '@azure/identity';
import type { SecretVault } from '../ports/secretVault.js';
import type { Vaults } from '../ports/vaults.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import type { ServiceOperation } from '../serviceErrors/serviceOperation.js';
import { resourceName } from '../serviceErrors/serviceFacts.js';
import type { Config } from '../settings/config.js';
import { vaultHosts } from '../settings/vaults.js';
import type { Turns } from './budget/turns.js';
import { createKeyVault } from './keyVault.js';

/**
 * Creates the vaults of the settings. Each is a service of its own, with limits of its own.
 * @param turns gives each request its token
 */
export function createVaults({ vaults }: Pick<Config, 'vaults'>, credential: TokenCredential, turns: Turns): Vaults {
  const known = new Map(vaults.map((vault) => [vault.host, createKeyVault(vault, credential, turns)]));
  const hosts = vaultHosts({ vaults });
  return { hosts, of: (host = hosts[0]) => known.get(host) ?? unlistedVault(host) };
}

/**
 * A vault that a client's record names and the settings do not list. Nothing may be taken for absent there, and nothing
 * may be saved elsewhere: the client's secrets are in it.
 */
export function unlistedVault(host: string): SecretVault {
  const refuse = (operation: ServiceOperation) => async (): Promise<never> => {
    throw new ServiceError({
      kind: 'refused',
      operation,
      resource: resourceName(host),
      detail: 'vault-not-configured',
    });
  };
  return {
    current: refuse('read a secret in vault'),
    newest: refuse('read a secret in vault'),
    page: refuse('list secrets of'),
    versions: refuse('read a secret in vault'),
    tagsOfDeleted: refuse('read a secret in vault'),
    store: refuse('save a secret in vault'),
    copy: refuse('save a secret in vault'),
    updateTags: refuse('save a secret in vault'),
    disable: refuse('disable a secret in vault'),
    remove: refuse('delete a secret in vault'),
  };
}
