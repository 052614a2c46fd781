import { ClientSecretCredential, ManagedIdentityCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { PullFailure, errorName } from '../pullFailure.js';

/** One version of a secret in the vault that the settings name. */
export interface SecretVersion {
  name: string;
  version: string;
}

/** Reads one version of a secret; throws `secret-unavailable`. */
export type SecretReader = (secret: SecretVersion, signal: AbortSignal) => Promise<string>;

/** Who the agent is towards the vault. */
export type Identity =
  | { kind: 'managedIdentity'; clientId: string | undefined }
  | {
      kind: 'clientSecret';
      tenantId: string;
      clientId: string;
      clientSecret: string;
      authorityHost: string | undefined;
      /** For an authority that is not one of the public clouds. */
      disableInstanceDiscovery: boolean;
    };

export interface VaultSettings {
  url: string;
  /** Off only for a vault host outside Azure: the client then does not check that the challenge's domain is the vault's. */
  verifyChallenge: boolean;
  identity: Identity;
}

/** Longest time for one secret, retries and sign-in included, in milliseconds. */
const TIMEOUT = 30_000;

/** Reads secrets from Key Vault with the device's own identity. */
export function keyVaultReader({ url, verifyChallenge, identity }: VaultSettings): SecretReader {
  const client = new SecretClient(url, credentialOf(identity), {
    disableChallengeResourceVerification: !verifyChallenge,
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
  });
  return async ({ name, version }, signal) => {
    try {
      const { value } = await client.getSecret(name, {
        version,
        abortSignal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      });
      return value ?? '';
    } catch (error) {
      throw new PullFailure('secret-unavailable', `the vault gives no such secret version (${statusOf(error)})`);
    }
  };
}

function credentialOf(identity: Identity): TokenCredential {
  if (identity.kind === 'managedIdentity') {
    return identity.clientId === undefined
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId: identity.clientId });
  }
  const { tenantId, clientId, clientSecret, authorityHost, disableInstanceDiscovery } = identity;
  return new ClientSecretCredential(tenantId, clientId, clientSecret, {
    disableInstanceDiscovery,
    ...(authorityHost !== undefined && { authorityHost }),
  });
}

function statusOf(error: unknown): string {
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? String(status) : errorName(error);
}
