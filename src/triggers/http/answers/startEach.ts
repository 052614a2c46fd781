import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { RunningOperation } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries } from '../../../queries/queries.js';
import { lookUpClient, unknownClient } from '../knownClient.js';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

export { eachOf };

/** The result for one client of a request that names several. */
type ClientPart = ClientReference & (RunningOperation | { readonly problem: ProblemDetails });

/**
 * As {@link startEach}, but starts nothing for unknown clients. If something could not be read, the run itself finds
 * out whether the client exists.
 */
export function startEachKnown(
  clients: readonly ClientReference[],
  client: DurableClient,
  queries: Pick<Queries, 'findUnknown'>,
  start: (client: ClientReference) => Promise<RunningOperation | { readonly problem: ProblemDetails }>,
): Promise<HttpResponseInit> {
  return startEach(clients, async (reference) => {
    const { unknown } = await lookUpClient(client, reference, queries);
    return unknown ? { problem: unknownClient(reference, unknown) } : start(reference);
  });
}

/**
 * Starts a run for each client. The answer is 202 with one part for each client, in the order of the request: its
 * operation, or the problem that prevented its start, which does not affect the others.
 */
export async function startEach(
  clients: readonly ClientReference[],
  start: (client: ClientReference) => Promise<RunningOperation | { readonly problem: ProblemDetails }>,
): Promise<HttpResponseInit> {
  const parts = await eachOf(clients, async (client): Promise<ClientPart> => ({ ...client, ...(await start(client)) }));
  return { status: 202, headers: { 'retry-after': '2' }, jsonBody: { operations: parts } };
}
