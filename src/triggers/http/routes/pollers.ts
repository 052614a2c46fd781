import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { PollerAnswer } from '@connected-registry/protocol/answers/clientAnswers';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { POLLER_FIELDS, pollerBody } from '@connected-registry/protocol/requests/pollerRequest';
import { audit } from '../../../audit/audit.js';
import { shownPoller } from '../../../domain/enrolment/reach.js';
import { pollerIsFull } from '../../../domain/polling/plannedPoller.js';
import { hasRoom } from '../../../domain/polling/pollerIndex.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { vaultHosts } from '../../../settings/vaults.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { changePoller, removePoller } from '../../durable/pollers/pollerChanges.js';
import { readPollerIndex } from '../../durable/pollers/polledClients.js';
import { fieldErrors, invalidRequest, problem } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { jsonBody } from '../requests/jsonBody.js';
import { CLIENT_KEY, clientNotFound } from './clients.js';

/** Maximum bytes of a body. */
const MAX_BYTES = 1024;

const NO_CREDENTIAL = 'The vault has no credential of this name. A new client gets its poller by its onboarding.';

/**
 * `PUT /api/clients/{key}/poller`: sets the identity that polls for an onboarded client, without a run and without a
 * pull check, as for a gateway that was replaced. The earlier poller ends at once.
 */
export function putPoller(config: Pick<Config, 'vaults'>, { inventory }: Pick<Queries, 'inventory'>) {
  const hosts = vaultHosts(config);
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const body = await jsonBody(request, MAX_BYTES);
    if ('refusal' in body) return body.refusal;
    const parsed = pollerBody.safeParse(body.value, { reportInput: true });
    if (!parsed.success) return invalidRequest(fieldErrors(parsed.error, POLLER_FIELDS));
    const key = request.params['key'] ?? '';
    if (!CLIENT_KEY.test(key)) return clientNotFound(key, NO_CREDENTIAL);
    return orServiceProblem(async () => {
      // The record has no names of a client without a poller.
      const view = await inventory.client(key, clientVault(await readClientRecord(client, key), key, hosts));
      if (!view) return clientNotFound(key, NO_CREDENTIAL);
      const objectId = parsed.data.poller.toLowerCase();
      const reference = referenceOf(view);
      if (!hasRoom(await readPollerIndex(client, objectId), reference)) return noRoom(key, objectId);
      const poller = await changePoller(client, reference, objectId, actor);
      if (!poller) return unconfirmed('poller.set.failed', key, 'Whether the poller is set is unknown.');
      return { status: 200, jsonBody: { key, poller: shownPoller(poller) } satisfies PollerAnswer };
    });
  };
}

/** `DELETE /api/clients/{key}/poller`: removes the poller of a client from its record, at once. */
export async function deletePoller(
  request: HttpRequest,
  client: DurableClient,
  actor: string,
): Promise<HttpResponseInit> {
  const key = request.params['key'] ?? '';
  if (!CLIENT_KEY.test(key)) return clientNotFound(key, 'No client has such a key.');
  const record = await readClientRecord(client, key);
  if (!record.polling?.current) return noPoller(key);
  if (!(await removePoller(client, key, record, actor)))
    return unconfirmed('poller.remove.failed', key, 'Whether the poller has ended is unknown.');
  return { status: 204 };
}

function noPoller(key: string): HttpResponseInit {
  audit('poller.remove.refused', { resource: key, reason: 'poller-not-found' });
  return problem({
    status: 404,
    code: 'poller-not-found',
    title: 'There is no poller.',
    detail: `The record of client ${JSON.stringify(key)} names no poller. Those of the setting PROFILES are not in the record.`,
  });
}

function noRoom(key: string, objectId: string): HttpResponseInit {
  audit('poller.set.refused', { resource: key, reason: 'poller-full' });
  const { message, fix } = pollerIsFull(objectId);
  return problem({
    status: 409,
    code: 'poller-full',
    title: 'The poller has the maximum of clients.',
    detail: `${message} ${fix} Nothing was changed.`,
  });
}

function unconfirmed(
  event: 'poller.set.failed' | 'poller.remove.failed',
  key: string,
  unknown: string,
): HttpResponseInit {
  audit(event, { resource: key, reason: 'engine-slow' });
  return problem(
    {
      status: 503,
      code: 'engine-slow',
      title: 'The change could not be confirmed.',
      detail: `${unknown} Send the same request again.`,
    },
    { 'retry-after': '5' },
  );
}
