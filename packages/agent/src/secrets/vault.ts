import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { rememberCredential } from '@connected-registry/protocol/redaction/rememberCredential';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { SecretClientOptions } from '@azure/keyvault-secrets';
import type { Tags } from '@connected-registry/protocol/names/secretTags';
import { PullFailure, errorName } from '../pullFailure.js';
import { within } from '../watchdog.js';

/** One version of a secret in the vault that the settings name. */
export interface SecretVersion {
  name: string;
  version: string;
}

/** A secret's value and its version. */
export interface SecretValue extends SecretVersion {
  value: string;
  /** When the version was created. */
  createdOn: Date;
  /** The app's tags, which name the client. */
  tags?: Tags;
}

/** Reads secrets. Failures are `secret-unavailable`. */
export interface SecretReader {
  /**
   * Reads one version, or the newest if none is named.
   * @throws SecretMissing if the vault has no such secret or version
   */
  read(name: string, version: string | undefined, signal: AbortSignal): Promise<SecretValue>;
}

export interface VaultSettings {
  url: string;
  /** False only for a vault host outside Azure: the client then does not check the domain of the challenge. */
  verifyChallenge: boolean;
}

/** The vault does not have the secret or the version. Retrying does not help. */
export class SecretMissing extends PullFailure {
  override name = 'SecretMissing';

  constructor() {
    super('secret-unavailable', 'the vault has no such secret or version (404)');
  }
}

/** Maximum milliseconds for one secret, including retries and sign-in. */
const TIMEOUT = 30_000;

/**
 * Creates a reader of secrets in Key Vault that uses the device's own identity.
 *
 * @param heard called with the Date header of each answer
 */
export function keyVaultReader(
  { url, verifyChallenge }: VaultSettings,
  credential: TokenCredential,
  heard: (date: string | undefined) => void = () => undefined,
): SecretReader {
  let isForeign = false;
  const client = new SecretClient(url, credential, {
    disableChallengeResourceVerification: !verifyChallenge,
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
    // Key Vault does not redirect. A redirect would send the token elsewhere.
    redirectOptions: { maxRetries: 0 },
    additionalPolicies: [
      listening((answer) => {
        heard(answer.headers.get('date'));
        isForeign = verifyChallenge && isForeignChallenge(answer.headers.get('www-authenticate'), url);
      }),
    ],
  });
  return {
    async read(name, version, signal) {
      try {
        return await within(TIMEOUT, signal, async (ending) => {
          const { value, properties } = await client.getSecret(name, {
            ...(version !== undefined && { version }),
            abortSignal: ending,
          });
          rememberCredential(value ?? '');
          const read = properties.version ?? version ?? '';
          // The version is reported and logged. An answer that has the secret's value there does not come from a vault.
          if (seenSecrets.holds(read)) throw new Error('the version in the answer contains a secret');
          return {
            name,
            value: value ?? '',
            version: read,
            createdOn: properties.createdOn ?? new Date(0),
            ...(properties.tags && { tags: properties.tags }),
          };
        });
      } catch (error) {
        throw isForeign && statusOf(error) === undefined ? foreignChallenge() : failureOf(error);
      }
    },
  };
}

type AdditionalPolicy = NonNullable<SecretClientOptions['additionalPolicies']>[number];
type Answer = Awaited<ReturnType<AdditionalPolicy['policy']['sendRequest']>>;

/** Sees every answer of the vault, including those that the client converts to errors. */
function listening(hear: (answer: Answer) => void): AdditionalPolicy {
  return {
    position: 'perRetry',
    policy: {
      name: 'listening',
      async sendRequest(request, next) {
        const answer = await next(request);
        hear(answer);
        return answer;
      },
    },
  };
}

/**
 * Whether a challenge asks for a token of a domain other than the vault's. It then gets none (Azure SDK, "vault-uri").
 */
function isForeignChallenge(header: string | undefined, vault: string): boolean {
  const [, resource = ''] = /(?:resource|scope)="?([^",\s]+)/i.exec(header ?? '') ?? [];
  if (!URL.canParse(resource)) return resource !== '';
  return !new URL(vault).hostname.endsWith(`.${new URL(resource).hostname}`);
}

function foreignChallenge(): PullFailure {
  return new PullFailure(
    'secret-unavailable',
    "the vault's challenge is for another domain than its own, so it gets no token; check KEY_VAULT_URL",
  );
}

/** Describes a failure in our own words: the text of an SDK may contain anything. */
function failureOf(error: unknown): PullFailure {
  const status = statusOf(error);
  const unavailable = (reason: string) => new PullFailure('secret-unavailable', reason);
  if (isSignInError(error)) return unavailable(`no token for the device's identity (${errorName(error)})`);
  if (status === 404) return new SecretMissing();
  if (status === 401 || status === 403) return unavailable(`the vault refused the device's identity (${status})`);
  if (status !== undefined) return unavailable(`the vault did not return the secret (${status})`);
  return unavailable(`the vault did not answer (${errorName(error)})`);
}

/** Recognizes errors of @azure/identity by class name. Their messages are not read. */
function isSignInError(error: unknown): boolean {
  const names = ['AuthenticationError', 'AuthenticationRequiredError', 'CredentialUnavailableError'];
  return error instanceof Error && names.includes(error.name);
}

function statusOf(error: unknown): number | undefined {
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
