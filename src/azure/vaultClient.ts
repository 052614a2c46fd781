import type { TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import type { VaultConfig } from '../settings/vaults.js';
import type { ServiceOperation } from '../serviceErrors/serviceOperation.js';
import { budgetPolicy } from './budget/budgetPolicy.js';
import type { Turns } from './budget/turns.js';
import { vaultBucket } from './budget/vaultBuckets.js';
import { lazily } from './calls/lazily.js';
import { watchPageLinks } from './calls/pageLinks.js';
import { pipelineOptions } from './calls/pipelineOptions.js';
import { calling } from './calls/serviceErrors.js';

/** How a vault is reached. */
export type VaultAddress = Pick<VaultConfig, 'url' | 'verifyChallenge'>;

/** Makes one call of the vault's SDK. @throws ServiceError for everything that it throws */
type VaultCall = <T>(operation: ServiceOperation, name: string, make: (sdk: SecretClient) => Promise<T>) => Promise<T>;

/**
 * Creates the client of the vault, which is loaded at the first call. SDK retries are off, as in the control plane.
 * @param turns gives each request its token
 */
export function createVaultClient(config: VaultAddress, credential: TokenCredential, turns: Turns) {
  const links = watchPageLinks();
  const client = lazily(async (): Promise<SecretClient> => {
    const { SecretClient: Client } = await import('@azure/keyvault-secrets');
    const { additionalPolicies, ...options } = pipelineOptions(config.url, budgetPolicy(turns, vaultBucket));
    return new Client(config.url, credential, {
      ...options,
      disableChallengeResourceVerification: !config.verifyChallenge,
      additionalPolicies: [{ position: 'perCall', policy: links.policy }, ...additionalPolicies],
    });
  });
  const call: VaultCall = async (operation, name, make) => {
    const sdk = await client();
    return calling(operation, name, () => make(sdk));
  };
  return { call, links };
}
