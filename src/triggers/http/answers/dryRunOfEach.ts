import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { DryRunAnswer } from '@connected-registry/protocol/answers/answers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { readAccessIn, tokensIn } from '../../../domain/clients/clientRecord.js';
import { accessIn } from '../../../domain/enrolment/enrolment.js';
import { unknownProblem } from '../../../domain/clients/unknownClient.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries, TakingAwayDryRun } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { vaultHosts } from '../../../settings/vaults.js';
import { lookUpClient } from '../knownClient.js';
import { orServiceProblem } from './serviceProblem.js';

/**
 * Answers a dry run of several offboardings or revocations. Each write names its client.
 * @param firstStep the step that ends the device's key and its join token
 */
export function dryRunOfEach(
  clients: readonly ClientReference[],
  dryRun: TakingAwayDryRun,
  queries: Pick<Queries, 'findUnknown'>,
  client: DurableClient,
  config: Pick<Config, 'vaults'>,
  firstStep: 'plan' | 'mark',
): Promise<HttpResponseInit> {
  return orServiceProblem(async () => {
    const plans = await eachOf(clients, async (reference) => {
      const { record, unknown } = await lookUpClient(client, reference, queries);
      if (unknown) return { problems: [unknownProblem(reference, unknown)], writes: [], adopts: [], vaults: [] };
      const vault = clientVault(record, clientKey(reference), vaultHosts(config));
      const { writes, ...plan } = await dryRun(reference, vault, { ...tokensIn(record), ...readAccessIn(record) });
      const first = accessIn(record).map((resource) => ({
        step: firstStep,
        action: 'end',
        resource,
        client: reference.client,
      }));
      return { ...plan, writes: [...first, ...writes], vaults: [{ client: reference.client, vault }] };
    });
    return { status: 200, jsonBody: combineDryRuns(plans) };
  });
}

/** Combines the dry runs of several clients. */
export function combineDryRuns(plans: readonly DryRunAnswer[]): DryRunAnswer {
  return {
    problems: plans.flatMap(({ problems }) => problems),
    writes: plans.flatMap(({ writes }) => writes),
    adopts: plans.flatMap(({ adopts }) => adopts),
    vaults: plans.flatMap(({ vaults = [] }) => vaults),
  };
}
