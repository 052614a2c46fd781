import type { HttpResponseInit } from '@azure/functions';
import type { DryRunAnswer } from '../../domain/answers.js';
import type { ClientReference } from '../../domain/clientKey.js';
import { eachOf } from '../../queries/eachOf.js';
import { orServiceProblem } from './serviceProblem.js';

/** What a request for several clients would do, all in one answer; each write names its client. Nothing is written. */
export function dryRunOfEach(
  clients: readonly ClientReference[],
  dryRun: (client: ClientReference) => Promise<DryRunAnswer>,
): Promise<HttpResponseInit> {
  return orServiceProblem(async () => ({ status: 200, jsonBody: together(await eachOf(clients, dryRun)) }));
}

/** Dry runs of several clients as one. */
export function together(plans: readonly DryRunAnswer[]): DryRunAnswer {
  return {
    problems: plans.flatMap(({ problems }) => problems),
    writes: plans.flatMap(({ writes }) => writes),
    adopts: plans.flatMap(({ adopts }) => adopts),
  };
}
