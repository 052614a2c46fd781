import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { askApp } from './appAnswer.js';
import type { AppAnswer } from './appAnswer.js';
import { MESSAGES_LIMIT, startAsking } from './asking.js';
import type { AskingOptions, ReadMessages } from './asking.js';
import type { Channel } from './channel.js';

export interface PollOptions extends Omit<AskingOptions<AppAnswer>, 'ask' | 'read'> {
  /** The app's base address, without `/api` and without a trailing slash. */
  url: string;
  /** The audience of the app's tokens; the scope is `{audience}/.default`. */
  audience: string;
  credential: TokenCredential;
  /** Maximum milliseconds without data, in addition to `wait`. */
  timeout: number;
}

const pending = z.object({ messages: z.array(z.unknown()) });

const readClearMessages: ReadMessages = ({ text }) => {
  const parsed = pending.safeParse(parseJson(text));
  return Promise.resolve(parsed.success ? parsed.data.messages : { problem: 'the answer is not a list of messages' });
};

/** Polls the app for signals with the device's own identity in Entra. */
export function startPolling({ url, audience, credential, timeout, ...options }: PollOptions): Channel {
  const { wait } = options;
  return startAsking({
    ...options,
    read: readClearMessages,
    ask: (signal) =>
      askApp(wait * 1_000 + timeout, signal, async (ending) => {
        const token = await credential.getToken(`${audience}/.default`, { abortSignal: ending });
        if (!token) return undefined;
        return {
          url: `${url}/api/pull-checks/pending?wait=${wait}`,
          init: { headers: { authorization: `Bearer ${token.token}`, accept: 'application/json' } },
          limit: (status) => (status === 200 ? MESSAGES_LIMIT : 0),
        };
      }),
  });
}
