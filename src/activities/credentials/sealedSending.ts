import type { SealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import { sealAnswer, type AnswerChannel } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { signalEvent, type Signal } from '@connected-registry/protocol/messages/signalEvent';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { SealedDelivery } from '../../domain/enrolment/sealedDelivery.js';
import { admissionOf } from '../../domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../domain/pullCheck/reportKey.js';
import type { SealedSignal } from '../../ports/deviceChannel.js';
import type { Ports } from '../../ports/ports.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';

/**
 * Makes a message for a device whose keys a hub vouches for: sealed to its key, signed with its channel key, with what
 * lets the device ask the app by itself, and with the secret that the message names. All of it is made here for each
 * message, and kept nowhere.
 *
 * @throws ServiceError of the vault
 */
export async function sealSignal(
  sealed: Ports['sealed'],
  keys: ReportKeys,
  signal: Signal,
  { registry, thumbprint, sealingKey, vaultHost }: SealedDelivery & InVault,
): Promise<SealedSignal> {
  const { kind, data } = signal;
  const client = referenceOf({ ...data, registry });
  const admission = admissionOf(keys, { client, thumbprint });
  // There is no request to answer: what is sent is for this key, whenever it arrives.
  const channel = { sealingKey, channelKey: admission.channelKey, nonce: thumbprint };
  seenSecrets.remember(data.reportKey);
  const content: SealedDeviceMessages = {
    ...client,
    time: new Date().toISOString(),
    messages: [signalEvent(signal)],
    admission,
  };
  const secret = await sealedSecret(sealed, { ...data.secret, vaultHost }, client, channel);
  const message = await sealAnswer(content, 'messages', channel);
  return { kind, client: client.client, message, ...secret };
}

/** Without the secret if the vault has none: the device then reports so, which the run looks into. */
async function sealedSecret(
  sealed: Ports['sealed'],
  named: Parameters<Ports['sealed']['seal']>[0],
  client: ClientReference,
  channel: AnswerChannel,
): Promise<{ readonly secret?: string }> {
  try {
    return { secret: await sealed.seal(named, client, channel) };
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'notFound') return {};
    throw error;
  }
}
