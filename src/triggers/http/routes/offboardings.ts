import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import {
  clientFingerprint,
  CLIENTS_FIELDS,
  offboardingBody,
} from '@connected-registry/protocol/requests/clientsRequest';
import { OFFBOARD } from '../../../domain/operations/run.js';
import type { Queries } from '../../../queries/queries.js';
import { durableRuns } from '../../durable/durableRuns.js';
import { newRun } from '../../durable/newRun.js';
import { clientsBody } from '../requests/clientsBody.js';
import { dryRunOfEach } from '../answers/dryRunOfEach.js';
import { startPart } from '../answers/startAnswer.js';
import { startEachKnown } from '../answers/startEach.js';

/** `POST /api/offboardings`: offboards clients, after asking their running operations to stop, or plans it (dryRun). */
export function postOffboardings(config: Config, queries: Queries) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const parsed = await clientsBody(request, offboardingBody, CLIENTS_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    const { body, clients } = parsed;
    if (body.dryRun === true) return dryRunOfEach(clients, queries.offboardingDryRun, queries, client, config, 'plan');
    const runs = durableRuns(client);
    return startEachKnown(clients, client, queries, async (reference) => {
      const origin = { actor, fingerprint: clientFingerprint(OFFBOARD, reference) };
      return startPart(await runs.startWhenFree(OFFBOARD, newRun(reference, origin, config), true));
    });
  };
}
