import { z } from 'zod';
import { deviceMessagesAnswer, sealedMessages } from '@connected-registry/protocol/enrolment/messages';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { ReadMessages } from '../channels/asking.js';
import type { DeviceKeyStore } from './keys/deviceKeyStore.js';
import type { Membership } from './membership.js';
import { NotOpened, openSealed } from './openSealed.js';

export interface SealedMessagesOptions {
  /** Pairs of keys that an answer may be sealed to. */
  readonly openers: () => Promise<readonly DeviceKeyStore[]>;
  readonly membership: () => Membership;
  /** The app's time, as far as known. */
  readonly now: () => Date;
}

const withoutClearMessages = deviceMessagesAnswer.unwrap().extend({ messages: z.never().exactOptional() });

/**
 * Milliseconds by which an answer's time may differ from the app's time as the device knows it. The app accepts a signature
 * whose time differs by CLOCK_WINDOW, and answers take their time on the way.
 */
const TOLERANCE = 2 * CLOCK_WINDOW * 1000;

/**
 * Reads messages that the app seals to the device's key. Messages in clear are refused: their report keys are known to
 * whoever has read them on the way. So is what was sealed for another client, or long ago.
 */
export function sealedMessageReader({ openers, membership, now }: SealedMessagesOptions): ReadMessages {
  return async (text) => {
    const answer = withoutClearMessages.safeParse(parseJson(text));
    const isAnswer = answer.success && (answer.data.sealed ?? answer.data.pass) !== undefined;
    if (!isAnswer) return { problem: 'the answer has no sealed messages, or messages in clear, or is too large' };
    const { sealed } = answer.data;
    // There is only a new pass.
    if (sealed === undefined) return [];
    try {
      return messagesIn(await openSealed(sealed, await openers()));
    } catch (error) {
      if (error instanceof NotOpened) return { problem: error.message };
      throw error;
    }
  };

  function messagesIn(plain: string): Awaited<ReturnType<ReadMessages>> {
    const parsed = sealedMessages.safeParse(parseJson(plain));
    if (!parsed.success) return { problem: 'what was sealed is not a list of messages' };
    const { time, messages, ...client } = parsed.data;
    if (!isOf(client, membership())) return { problem: 'the messages were sealed for another client' };
    if (Math.abs(Date.parse(time) - now().getTime()) > TOLERANCE) {
      return { problem: 'the messages were sealed at another time' };
    }
    return messages;
  }
}

type ClientName = Pick<Membership, 'registry' | 'connectedRegistry' | 'client'>;

/** Names of registries ignore case in ARM; device ids in IoT Hub do not. */
function isOf(one: ClientName, other: ClientName): boolean {
  return (
    one.client === other.client &&
    sameName(one.connectedRegistry, other.connectedRegistry) &&
    sameName(one.registry, other.registry)
  );
}
