import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { rememberCredential } from '../../src/redaction/rememberCredential.js';
import { seenSecrets } from '../../src/redaction/seenSecrets.js';
import { PullFailure, errorName } from '../pullFailure.js';
import { createWatchdog } from '../watchdog.js';

/** One version of a secret in the vault that the settings name. */
export interface SecretVersion {
  name: string;
  version: string;
}

/** A secret's value, and which version of it that is. */
export interface SecretValue extends SecretVersion {
  value: string;
  /** When that version was made. */
  createdOn: Date;
}

/** Reads secrets; whatever keeps one away is a `secret-unavailable`. */
export interface SecretReader {
  /** One version, or the newest when none is named. */
  read(name: string, version: string | undefined, signal: AbortSignal): Promise<SecretValue>;
}

export interface VaultSettings {
  url: string;
  /** Off only for a vault host outside Azure: the client then does not check that the challenge's domain is the vault's. */
  verifyChallenge: boolean;
}

/** Longest time for one secret, retries and sign-in included, in milliseconds. */
const TIMEOUT = 30_000;

/** Reads secrets from Key Vault with the device's own identity. */
export function keyVaultReader({ url, verifyChallenge }: VaultSettings, credential: TokenCredential): SecretReader {
  const client = new SecretClient(url, credential, {
    disableChallengeResourceVerification: !verifyChallenge,
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
  });
  return {
    async read(name, version, signal) {
      const watchdog = createWatchdog(TIMEOUT, signal);
      try {
        const { value, properties } = await client.getSecret(name, {
          ...(version !== undefined && { version }),
          abortSignal: watchdog.signal,
        });
        rememberCredential(value ?? '');
        const read = properties.version ?? version ?? '';
        // It goes into reports and the log: an answer that puts the value there is none of a vault's.
        if (seenSecrets.holds(read)) throw new Error('the version in the answer holds a secret');
        return {
          name,
          value: value ?? '',
          version: read,
          createdOn: properties.createdOn ?? new Date(0),
        };
      } catch (error) {
        throw new PullFailure('secret-unavailable', `the vault gives no such secret version (${statusOf(error)})`);
      } finally {
        watchdog.stop();
      }
    },
  };
}

function statusOf(error: unknown): string {
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? String(status) : errorName(error);
}
