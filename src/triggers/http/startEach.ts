import type { HttpResponseInit } from '@azure/functions';
import type { RunningOperation } from '../../domain/answers.js';
import type { ClientReference } from '../../domain/clientKey.js';
import { eachOf } from '../../queries/eachOf.js';
import type { ProblemDetails } from './problemDetails.js';

export { eachOf };

/** What became of one client of a request that names several. */
export type ClientPart = ClientReference & (RunningOperation | { readonly problem: ProblemDetails });

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
