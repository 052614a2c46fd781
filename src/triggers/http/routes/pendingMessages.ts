import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import type { PendingAnswer } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { clientsOfPoller } from '../../../domain/profiles/profiles.js';
import { audit } from '../../../audit/audit.js';
import type { Callers } from '../../../ports/callers.js';
import { pendingSignals } from '../../durable/pendingSignals.js';
import { pollUntil } from '../../durable/pollUntil.js';
import { invalidQuery, problem, tooManyRequests } from '../answers/problem.js';

/** Maximum seconds that a request waits for messages: less than the timeouts of front ends and proxies. */
export const MAX_WAIT_SECONDS = 25;

/** Milliseconds between two reads while a request waits. */
const READ_INTERVAL = 1000;

/** Seconds after which a refused device should poll again. */
const RETRY_SECONDS = 5;

/**
 * `GET /api/pull-checks/pending?wait=0..25`: pending messages for the devices of an Entra identity, for devices that accept no
 * connections. Messages are not stored: they are built from the runs' status, and returned until they are answered.
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
          fix: `It must be a whole number from 0 to ${MAX_WAIT_SECONDS}; the default is 0.`,
        },
      ]);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const objectId = token === undefined ? undefined : await callers.identify(token);
    if (objectId === undefined) return refuse('not-authenticated');
    const clients = clientsOfPoller(config.profileBook, objectId);
    if (clients.length === 0) return refuse('not-a-poller');
    // Only authenticated devices count: callers without a valid token cannot use up the limit.
    if (open >= config.polling.atOnce) return tooManyRequests(RETRY_SECONDS);
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
    const messages = await pollUntil(() => readMessages(client, clients), {
      isEnough: ({ length }) => length > 0,
      every: READ_INTERVAL,
      until: Date.now() + wait * 1000,
    });
    if (messages.length === 0) return { status: 204 };
    return { status: 200, jsonBody: { messages } satisfies PendingAnswer };
  }

  async function readMessages(client: DurableClient, clients: readonly ClientReference[]) {
    const found = await Promise.all(clients.map((one) => pendingSignals(client, one, config.reportKeys, new Date())));
    return found.flat();
  }
}

function waitOf(text: string | null): number | undefined {
  if (text === null) return 0;
  return /^\d{1,2}$/.test(text) && Number(text) <= MAX_WAIT_SECONDS ? Number(text) : undefined;
}

function refuse(code: 'not-authenticated' | 'not-a-poller'): HttpResponseInit {
  audit('messages.read.refused', { resource: 'pull-checks/pending', reason: code });
  if (code === 'not-authenticated')
    return problem(
      {
        status: 401,
        code,
        title: 'Authentication required.',
        detail: 'Send Authorization: Bearer with an Entra access token for the audience in the setting POLL_AUDIENCE.',
      },
      { 'www-authenticate': 'Bearer' },
    );
  return problem({
    status: 403,
    code,
    title: 'The identity has no devices.',
    detail: 'No profile lists its object id in pollers.',
  });
}
