import type { TokenCredential } from '@azure/identity';
import type { KeyVaultSecret } from '@azure/keyvault-secrets';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { SealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { rememberCredential } from '@connected-registry/protocol/redaction/rememberCredential';
import type { RequestedSecret, SealedSecrets } from '../ports/sealedSecrets.js';
import { ServiceError, type ServiceDetail, type ServiceErrorKind } from '../serviceErrors/serviceError.js';
import { resourceName } from '../serviceErrors/serviceFacts.js';
import type { VaultConfig } from '../settings/vaults.js';
import type { Turns } from './budget/turns.js';
import { mentions } from './calls/serviceErrors.js';
import { createVaultClient } from './vaultClient.js';

/**
 * Creates the sealed secrets on Azure Key Vault.
 * @param turns gives each request its token
 */
export function createSealedSecrets(
  vaults: readonly [VaultConfig, ...VaultConfig[]],
  credential: TokenCredential,
  turns: Turns,
): SealedSecrets {
  const created = vaults.map((vault) => createVaultClient(vault, credential, turns));
  const [first] = created;
  const clients = new Map(vaults.map(({ host }, index) => [host, created[index]]));

  async function read({ vaultHost, name, version }: RequestedSecret): Promise<KeyVaultSecret> {
    const client = vaultHost === undefined ? first : clients.get(vaultHost);
    if (client === undefined) throw refusal(name, 'refused', 'vault-not-configured');
    const { call } = client;
    try {
      return await call('read secret', name, (sdk) => sdk.getSecret(name, version === undefined ? {} : { version }));
    } catch (error) {
      if (error instanceof ServiceError && mentions(error, 'SecretDisabled'))
        throw refusal(name, 'notFound', 'version-disabled');
      throw error;
    }
  }

  return {
    // The value goes in as the vault has it, and comes out sealed. Besides, only the filter of logs keeps it, in this
    // process's memory.
    seal: async (secret, client, channel) => {
      const { value, properties } = await read(secret);
      if (value !== undefined) rememberCredential(value);
      const { version, createdOn, tags } = properties;
      if (value === undefined || version === undefined || createdOn === undefined)
        throw refusal(secret.name, 'unavailable', 'unreadable-answer');
      if (!tags || !isOf(tags, client)) throw refusal(secret.name, 'notFound', 'of-another-client');
      const sealed: SealedSecret = { name: secret.name, version, createdOn: createdOn.toISOString(), tags, value };
      return sealAnswer(sealed, 'secret', channel);
    },
  };
}

/**
 * Whether a secret's tags name this client. Its name contains the client's, but anyone who may write in the vault
 * chooses it.
 */
function isOf(tags: SealedSecret['tags'], client: ClientReference): boolean {
  const found = parseTags(tags);
  return found !== undefined && clientKey(found) === clientKey(client);
}

function refusal(name: string, kind: ServiceErrorKind, detail: ServiceDetail): ServiceError {
  return new ServiceError({ kind, operation: 'read secret', resource: resourceName(name), detail });
}
