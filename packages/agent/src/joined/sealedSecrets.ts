import { DEVICE_SECRETS_PATH, sealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { rememberCredential } from '@connected-registry/protocol/redaction/rememberCredential';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { AppAnswer } from '../channels/appAnswer.js';
import { PullFailure } from '../pullFailure.js';
import { requireOwner } from '../secrets/owner.js';
import type { SecretOwner } from '../secrets/owner.js';
import { SecretMissing } from '../secrets/vault.js';
import type { SecretReader, SecretValue } from '../secrets/vault.js';
import { problemCodeOf } from './deviceRequests.js';
import { NotOpened, openAnswer } from './openSealed.js';
import type { AnswerKeys } from './openSealed.js';
import { isKeyEnded } from './session.js';
import type { EnteredAnswer } from './session.js';

export interface SealedSecretsOptions {
  /** Sends a signed request for this path. */
  readonly ask: (path: string, signal: AbortSignal) => Promise<EnteredAnswer>;
  /** The client that the device is. */
  readonly owner: () => SecretOwner;
}

/** Maximum bytes of an answer with a sealed secret. */
export const SEALED_LIMIT = 100_000;
/** Azure docs: key-vault/general/about-keys-secrets-certificates, "Object identifiers". */
const VERSION = /^[0-9A-Za-z]{1,64}$/;

/**
 * Reads secrets that the app signs and seals for this request. What arrives is used only if it is what was asked for.
 */
export function sealedSecretReader({ ask, owner }: SealedSecretsOptions): SecretReader {
  return {
    async read(name, version, signal) {
      const query = new URLSearchParams({ name, ...(version !== undefined && { version }) });
      const answer = await ask(`${DEVICE_SECRETS_PATH}?${query.toString()}`, signal);
      if (answer.status !== 200) throw failureOf(answer);
      const secret = await openSecret(answer, answer.entry, owner());
      const isAsked = sameName(secret.name, name) && (version === undefined || secret.version === version);
      if (!isAsked) throw unavailable('the app sealed another secret or version than the one asked for');
      return { ...secret, name };
    },
  };
}

/**
 * Opens a secret that the app has signed and sealed for this device.
 * @param owner the client that it must belong to
 * @throws PullFailure
 */
export async function openSecret(
  answer: Pick<EnteredAnswer, 'text' | 'nonce'>,
  keys: AnswerKeys,
  owner: SecretOwner,
): Promise<SecretValue> {
  const content = await openAnswer(answer, 'secret', keys).catch((error: unknown) => {
    throw error instanceof NotOpened ? unavailable(error.message) : error;
  });
  const parsed = sealedSecret.safeParse(content);
  if (!parsed.success) throw unavailable('what was sealed is not a secret');
  const { name, value, version, createdOn, tags } = parsed.data;
  rememberCredential(value);
  if (!VERSION.test(version) || seenSecrets.holds(version)) {
    throw unavailable('the app sealed a secret with an invalid version');
  }
  requireOwner(tags, owner);
  return { name, value, version, createdOn: new Date(createdOn), tags };
}

function failureOf(answer: AppAnswer): PullFailure {
  const { status, text } = answer;
  if (status === undefined) return unavailable(`the app did not answer (${text})`);
  if (isKeyEnded(answer)) return unavailable("the device's key has ended; it must join again");
  // A 404 of something else on the way says nothing about the secret.
  if (status === 404 && problemCodeOf(answer) !== undefined) return new SecretMissing();
  if (status === 401 || status === 403) return unavailable(`the app refused the device (${status})`);
  return unavailable(`the app did not return the secret (${status})`);
}

function unavailable(reason: string): PullFailure {
  return new PullFailure('secret-unavailable', reason);
}
