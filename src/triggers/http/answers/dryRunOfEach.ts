import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { DryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { accessIn, tokensIn } from '../../../domain/clients/clientRecord.js';
import { unknownProblem } from '../../../domain/clients/unknownClient.js';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries, TakingAwayDryRun } from '../../../queries/queries.js';
import { lookUpClient } from '../knownClient.js';
import { orServiceProblem } from './serviceProblem.js';

/** Answers a dry run of several offboardings or revocations. Each write names its client. */
export function dryRunOfEach(
  clients: readonly ClientReference[],
  dryRun: TakingAwayDryRun,
  queries: Pick<Queries, 'findUnknown'>,
  client: DurableClient,
): Promise<HttpResponseInit> {
  return orServiceProblem(async () => {
    const plans = await eachOf(clients, async (reference) => {
      const { record, unknown } = await lookUpClient(client, reference, queries);
      if (unknown) return { problems: [unknownProblem(reference, unknown)], writes: [], adopts: [] };
      return dryRun(reference, { ...tokensIn(record), ...accessIn(record) });
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
  };
}
