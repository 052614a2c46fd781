import { verifyAnswer, type AnswerScope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { sealedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { DeviceAnswer } from './deviceRequests.js';
import type { DeviceKeyStore } from './keys/deviceKeyStore.js';

/**
 * An answer is not the app's to this request, or cannot be read by this device. The message says why, as text for the
 * log.
 */
export class NotOpened extends Error {
  override name = 'NotOpened';
}

/** How the device knows an answer to a request: by the key that it is sealed to, and the one that it is signed with. */
export interface AnswerKeys {
  readonly keys: DeviceKeyStore;
  readonly channelKey: string;
}

const strictAnswer = sealedAnswer.strict();

/**
 * Opens an answer of the app, and verifies that the app has made it for this request.
 * @returns its content, unverified in its form
 * @throws NotOpened
 */
export async function openAnswer(
  { text, nonce }: Pick<DeviceAnswer, 'text' | 'nonce'>,
  kind: AnswerScope['kind'],
  { keys, channelKey }: AnswerKeys,
): Promise<unknown> {
  const answer = strictAnswer.safeParse(parseJson(text));
  if (!answer.success) throw new NotOpened('the answer is not sealed, or is too large');
  const jws = await openSealed(answer.data.sealed, keys);
  const verified = await verifyAnswer(jws, { kind, nonce }, channelKey);
  if (!verified) throw new NotOpened('what was sealed is not an answer of the app to this request');
  return verified.content;
}

/**
 * Decrypts what was sealed to this device, by any sender.
 * @throws NotOpened
 */
export async function openSealed(sealed: string, keys: DeviceKeyStore): Promise<string> {
  if ((await kidOf(sealed)) !== (await thumbprintOf(keys.publicKeys.sealing))) {
    throw new NotOpened("it is sealed to another key than the device's");
  }
  return keys.open(sealed).catch(() => {
    throw new NotOpened('what was sealed cannot be opened: it was changed, or is for another key');
  });
}

async function kidOf(sealed: string): Promise<string | undefined> {
  const { decodeProtectedHeader } = await import('jose');
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    throw new NotOpened('what was sealed is not a JWE');
  }
}
