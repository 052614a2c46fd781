import { fromEnvelope, verifyAnswer, type AnswerScope } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { openAsJoiner, splitJoinToken } from '@connected-registry/protocol/enrolment/joinToken';
import { joinedAnswer, sealedAnswer, type JoinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { open } from '@connected-registry/protocol/enrolment/sealing';
import { readSignature } from '@connected-registry/protocol/enrolment/signedRequests';
import type { SigningDevice } from './signingDevice.js';

/** The random value of a signed request. */
export function nonceOf(authorization: string): string {
  const { nonce } = readSignature(authorization) ?? {};
  if (nonce === undefined) throw new Error('The request is not signed.');
  return nonce;
}

/**
 * Opens an answer to a device as its agent does.
 * @param authorization the signature of the request
 * @throws if the answer is not sealed to the device, or not the app's to this request
 */
export async function openedAnswer(
  body: unknown,
  kind: AnswerScope['kind'],
  authorization: string,
  { device, channelKey }: { readonly device: Pick<SigningDevice, 'sealing'>; readonly channelKey: string },
): Promise<unknown> {
  const jws = await open(sealedAnswer.strict().parse(body).sealed, device.sealing);
  const verified = await verifyAnswer(jws, { kind, nonce: nonceOf(authorization) }, channelKey);
  if (!verified) throw new Error('The answer is not one of the app to this request.');
  return verified.content;
}

/** Opens the answer to a redemption as the agent does. @throws as {@link openedAnswer} */
export async function openedJoin(body: unknown, authorization: string, token: string): Promise<JoinedAnswer> {
  const { secret = '' } = splitJoinToken(token) ?? {};
  const text = await openAsJoiner(sealedAnswer.strict().parse(body).sealed, secret);
  return joinedAnswer.parse(fromEnvelope(text, { kind: 'join', nonce: nonceOf(authorization) })?.content);
}
