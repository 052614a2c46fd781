import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import type { PendingAnswer } from '@connected-registry/protocol/answers/answers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../../../audit/audit.js';
import type { Callers } from '../../../ports/callers.js';
import { mayPoll, notePolled, polledClients } from '../../durable/pollers/polledClients.js';
import type { ClientNews } from '../../news/clientNews.js';
import { lookAt } from '../../news/lookAt.js';
import { problem } from '../answers/problem.js';
import { waitOf, type LongPolls } from '../requests/longPolls.js';

/**
 * `GET /api/pull-checks/pending?wait=0..25`: pending messages for the devices of an Entra identity, for devices that
 * accept no connections. Messages are not stored: they are built from the runs' status, and returned until they are
 * answered. Nothing is read for a caller before its token is verified. Then the index of the identity is read, and the
 * records of its clients, which decide; what is answered was read while a record named it, so that a revocation ends a
 * request that waits.
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
    const polled = await polledClients(client, config.profileBook, objectId);
    if (polled.length === 0) return refuse('not-a-poller');
    await notePolled(client, polled, new Date());
    const clients = polled.map((one) => one.client);
    const found = await polls.hold(
      // Its devices may ask each for itself.
      { sender: objectId, atOnce: clients.length, wait: given.wait },
      {
        clients: polled.map(({ client: one, acknowledged }) => {
          return { key: clientKey(one), look: lookAt(client, one, config.reportKeys), acknowledged };
        }),
        judge: (news) => judge(news, clients, objectId),
      },
    );
    if ('refusal' in found) return found.refusal;
    if (!found.value) return { status: 204 };
    return { status: 200, jsonBody: { messages: found.value } satisfies PendingAnswer };
  };

  /**
   * The messages of those clients whose records, read after them, still name the identity; undefined if there are none.
   */
  function judge(news: readonly ClientNews[], clients: readonly ClientReference[], objectId: string) {
    const allowed = clients.flatMap((one, index) => {
      const { messages = [], record } = news[index] ?? {};
      return record && mayPoll(record, config.profileBook, objectId, one) ? messages : [];
    });
    return allowed.length > 0 ? allowed : undefined;
  }
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
    detail:
      'No client record names its object id as the poller, and no profile lists it in pollers for a client without a recorded one.',
  });
}
