import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import type { PendingAnswer } from '@connected-registry/protocol/answers/answers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { clientsOfPoller } from '../../../domain/profiles/profiles.js';
import { audit } from '../../../audit/audit.js';
import type { Callers } from '../../../ports/callers.js';
import { lookAt } from '../../news/lookAt.js';
import { problem } from '../answers/problem.js';
import { waitOf, type LongPolls } from '../requests/longPolls.js';

/**
 * `GET /api/pull-checks/pending?wait=0..25`: pending messages for the devices of an Entra identity, for devices that accept no
 * connections. Messages are not stored: they are built from the runs' status, and returned until they are answered.
 */
export function getPendingMessages(
  config: Pick<Config, 'profileBook' | 'reportKeys'>,
  callers: Callers,
  polls: LongPolls,
) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const given = waitOf(request);
    if ('refusal' in given) return given.refusal;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const objectId = token === undefined ? undefined : await callers.identify(token);
    if (objectId === undefined) return refuse('not-authenticated');
    const clients = clientsOfPoller(config.profileBook, objectId);
    if (clients.length === 0) return refuse('not-a-poller');
    const found = await polls.hold(
      // Its devices may ask each for itself.
      { sender: objectId, atOnce: clients.length, wait: given.wait },
      {
        clients: clients.map((one) => ({ key: clientKey(one), look: lookAt(client, one, config.reportKeys) })),
        judge: (news) => (news.some(({ messages }) => messages.length > 0) ? news : undefined),
      },
    );
    if ('refusal' in found) return found.refusal;
    if (!found.value) return { status: 204 };
    const messages = found.value.flatMap((one) => one.messages);
    return { status: 200, jsonBody: { messages } satisfies PendingAnswer };
  };
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
