import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import {
  clientFingerprint,
  CLIENTS_FIELDS,
  revocationBody,
} from '@connected-registry/protocol/requests/clientsRequest';
import { REVOKE } from '../../../domain/operations/run.js';
import type { Queries } from '../../../queries/queries.js';
import { durableRuns } from '../../durable/durableRuns.js';
import { newRun } from '../../durable/newRun.js';
import { clientsBody } from '../requests/clientsBody.js';
import { dryRunOfEach } from '../answers/dryRunOfEach.js';
import { startPart } from '../answers/startAnswer.js';
import { startEachKnown } from '../answers/startEach.js';

/**
 * `POST /api/revocations`: revokes clients at once, or plans it (dryRun). It never waits for a running operation and
 * never answers 409.
 */
export function postRevocations(config: Config, queries: Pick<Queries, 'revocationDryRun' | 'findUnknown'>) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const parsed = await clientsBody(request, revocationBody, CLIENTS_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    if (parsed.body.dryRun === true)
      return dryRunOfEach(parsed.clients, queries.revocationDryRun, queries, client, config, 'mark');
    const runs = durableRuns(client);
    return startEachKnown(parsed.clients, client, queries, async (reference) => {
      const origin = { actor, fingerprint: clientFingerprint(REVOKE, reference) };
      return startPart(await runs.revoke(newRun(reference, origin, config)));
    });
  };
}
