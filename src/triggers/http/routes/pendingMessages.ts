import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import type { PendingAnswer } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { clientsOfPoller } from '../../../domain/profiles/profiles.js';
import { audit } from '../../../audit/audit.js';
import type { Callers } from '../../../ports/callers.js';
import { pendingSignals } from '../../durable/pendingSignals.js';
import { invalidQuery, problem } from '../answers/problem.js';
import { tooManyRequests } from '../answers/tooManyRequests.js';

/** Seconds that a request may be held up: less than front ends and proxies on the way wait for an answer. */
export const LONGEST_WAIT_SECONDS = 25;

/** Milliseconds between two looks while a request is held up. */
const LOOK_EVERY = 1000;

/** Seconds after which a refused device should ask again. */
const ASK_AGAIN_SECONDS = 5;

/**
 * `GET /api/pull-checks/pending?wait=0..25`: what the app has to tell the devices of an Entra identity, for devices with no
 * way in. Nothing is kept for it: messages are made again from the runs' status, so one is there until it is answered.
 */
export function getPendingMessages(config: Pick<Config, 'profileBook' | 'polling' | 'reportKeys'>, callers: Callers) {
  let open = 0;
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const wait = waitOf(request.query.get('wait'));
    if (wait === undefined)
      return invalidQuery([
        {
          field: 'wait',
          message: 'is not a number of seconds',
          fix: `It must be a whole number from 0 to ${LONGEST_WAIT_SECONDS}; without it 0.`,
        },
      ]);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const objectId = token === undefined ? undefined : await callers.identify(token);
    if (objectId === undefined) return refuse('not-authenticated');
    const clients = clientsOfPoller(config.profileBook, objectId);
    if (clients.length === 0) return refuse('not-a-poller');
    // A place is for devices only: whoever brings no good token takes none, however many ask.
    if (open >= config.polling.atOnce) return tooManyRequests(ASK_AGAIN_SECONDS);
    open += 1;
    try {
      return await answer(client, clients, wait);
    } finally {
      open -= 1;
    }
  };

  async function answer(
    client: DurableClient,
    clients: readonly ClientReference[],
    wait: number,
  ): Promise<HttpResponseInit> {
    const until = Date.now() + wait * 1000;
    for (;;) {
      const messages = await look(client, clients);
      if (messages.length > 0) return { status: 200, jsonBody: { messages } satisfies PendingAnswer };
      if (Date.now() + LOOK_EVERY > until) return { status: 204 };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  async function look(client: DurableClient, clients: readonly ClientReference[]) {
    const found = await Promise.all(clients.map((one) => pendingSignals(client, one, config.reportKeys, new Date())));
    return found.flat();
  }
}

function waitOf(text: string | null): number | undefined {
  if (text === null) return 0;
  return /^\d{1,2}$/.test(text) && Number(text) <= LONGEST_WAIT_SECONDS ? Number(text) : undefined;
}

function refuse(code: 'not-authenticated' | 'not-a-poller'): HttpResponseInit {
  audit('messages.read.refused', { resource: 'pull-checks/pending', reason: code });
  if (code === 'not-authenticated')
    return problem(
      {
        status: 401,
        code,
        title: 'Nobody is signed in.',
        detail: 'Send Authorization: Bearer with an Entra access token for the audience that the app is set up with.',
      },
      { 'www-authenticate': 'Bearer' },
    );
  return problem({
    status: 403,
    code,
    title: 'The identity is no device’s.',
    detail: 'No profile names its object id among its pollers.',
  });
}
