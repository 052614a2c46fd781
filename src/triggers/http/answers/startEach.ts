import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { RunningOperation } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries } from '../../../queries/queries.js';
import { lookUp, unknownClient } from '../knownClient.js';
import type { ProblemDetails } from './problemDetails.js';

export { eachOf };

/** What became of one client of a request that names several. */
export type ClientPart = ClientReference & (RunningOperation | { readonly problem: ProblemDetails });

/**
 * The same for clients that must exist: for one that nothing knows, nothing is started. Where that cannot be said, since
 * something could not be read, the run finds out.
 */
export function startEachKnown(
  clients: readonly ClientReference[],
  client: DurableClient,
  queries: Pick<Queries, 'findUnknown'>,
  start: (client: ClientReference) => Promise<RunningOperation | { readonly problem: ProblemDetails }>,
): Promise<HttpResponseInit> {
  return startEach(clients, async (reference) => {
    const { unknown } = await lookUp(client, reference, queries);
    return unknown ? { problem: unknownClient(reference, unknown) } : start(reference);
  });
}

/**
 * Starts something for each client. The answer is 202 with one part a client, in the order of the request: its operation,
 * or the problem that kept it from being started, which is not the others' problem.
 */
export async function startEach(
  clients: readonly ClientReference[],
  start: (client: ClientReference) => Promise<RunningOperation | { readonly problem: ProblemDetails }>,
): Promise<HttpResponseInit> {
  const parts = await eachOf(clients, async (client): Promise<ClientPart> => ({ ...client, ...(await start(client)) }));
  return { status: 202, headers: { 'retry-after': '2' }, jsonBody: { operations: parts } };
}
