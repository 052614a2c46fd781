import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import { sealedMessages } from '@connected-registry/protocol/enrolment/messages';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Membership } from './membership.js';
import { NotOpened, openAnswer } from './openSealed.js';
import type { EnteredAnswer } from './session.js';

export interface SealedMessagesOptions {
  readonly membership: () => Membership;
  /** The app's time, as far as known. */
  readonly now: () => Date;
}

/** What the app has said in an answer that is certainly its own. */
export interface OpenedMessages {
  readonly messages: readonly unknown[];
  /** What lets the device in from now on, if it has changed. */
  readonly admission?: Admission | undefined;
}

/**
 * Milliseconds by which an answer's time may differ from the app's time as the device knows it. The app accepts a
 * signature whose time differs by CLOCK_WINDOW, and answers take their time on the way.
 */
const TOLERANCE = 2 * CLOCK_WINDOW * 1000;

/**
 * Reads messages that the app signs and seals for this request. Messages in clear are refused, because anyone on the
 * path may have read their report keys. Messages that another sender has sealed, that answer another request, that are
 * for another client or that were sealed long ago are refused, too.
 * @returns a problem, as text for the log, if the answer must not be used
 */
export function sealedMessageReader({ membership, now }: SealedMessagesOptions) {
  return async (answer: EnteredAnswer): Promise<OpenedMessages | { readonly problem: string }> => {
    try {
      return messagesIn(await openAnswer(answer, 'messages', answer.entry));
    } catch (error) {
      if (error instanceof NotOpened) return { problem: error.message };
      throw error;
    }
  };

  function messagesIn(content: unknown): OpenedMessages | { readonly problem: string } {
    const parsed = sealedMessages.safeParse(content);
    if (!parsed.success) return { problem: 'what was sealed is not a list of messages' };
    const { time, messages, admission, ...client } = parsed.data;
    if (!isOf(client, membership())) return { problem: 'the messages were sealed for another client' };
    if (Math.abs(Date.parse(time) - now().getTime()) > TOLERANCE) {
      return { problem: 'the messages were sealed at another time' };
    }
    return { messages, admission };
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
