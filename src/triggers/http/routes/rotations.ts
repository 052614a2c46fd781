import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import { vaultHosts } from '../../../settings/vaults.js';
import type { RotationDryRunAnswer } from '@connected-registry/protocol/answers/answers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import {
  ROTATION_FIELDS,
  rotationBody,
  rotationFingerprint,
} from '@connected-registry/protocol/requests/rotationRequest';
import { ROTATE } from '../../../domain/operations/run.js';
import { unknownProblem } from '../../../domain/clients/unknownClient.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries } from '../../../queries/queries.js';
import { durableRuns } from '../../durable/durableRuns.js';
import { newRun } from '../../durable/newRun.js';
import { clientsBody } from '../requests/clientsBody.js';
import { combineDryRuns } from '../answers/dryRunOfEach.js';
import { lookUpClient } from '../knownClient.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { startPart } from '../answers/startAnswer.js';
import { startEachKnown } from '../answers/startEach.js';

/**
 * `POST /api/rotations`: rotates the credentials of 1 to 100 clients, each by its own run, or plans it (dryRun). An
 * urgent rotation first asks the client's running operation to stop.
 */
export function postRotations(config: Config, queries: Pick<Queries, 'planRotation' | 'findUnknown'>) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const parsed = await clientsBody(request, rotationBody, ROTATION_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    const { urgent = false, dryRun = false } = parsed.body;
    if (dryRun) return plan(parsed.clients, urgent, client, config, queries);
    const runs = durableRuns(client);
    return startEachKnown(parsed.clients, client, queries, async (reference) => {
      const rotation = { ...reference, urgent };
      const run = newRun(rotation, { actor, fingerprint: rotationFingerprint(rotation) }, config);
      return startPart(await (urgent ? runs.startWhenFree(ROTATE, run, true) : runs.start(ROTATE, run)));
    });
  };
}

function plan(
  clients: readonly ClientReference[],
  urgent: boolean,
  client: DurableClient,
  config: Pick<Config, 'vaults'>,
  queries: Pick<Queries, 'planRotation' | 'findUnknown'>,
): Promise<HttpResponseInit> {
  return orServiceProblem(async () => {
    const plans = await eachOf(clients, async (reference) => {
      const { record, unknown } = await lookUpClient(client, reference, queries);
      if (unknown) return { ...reference, problems: [unknownProblem(reference, unknown)], writes: [] };
      const { acknowledged } = record;
      const vault = clientVault(record, clientKey(reference), vaultHosts(config));
      const { problems, writes, outage } = await queries.planRotation({ ...reference, urgent }, vault, acknowledged);
      return { ...reference, vault, problems, writes, ...(outage === undefined ? {} : { outage }) };
    });
    const answers = plans.map(({ problems, writes, client, ...place }) => ({
      problems,
      writes: writes.map((write) => ({ ...write, client })),
      adopts: [],
      vaults: 'vault' in place ? [{ client, vault: place.vault }] : [],
    }));
    return { status: 200, jsonBody: { ...combineDryRuns(answers), plans } satisfies RotationDryRunAnswer };
  });
}
