import type { HttpResponseInit } from '@azure/functions';
import type { RunningOperation } from '../../domain/answers.js';
import type { ClientReference } from '../../domain/clientKey.js';
import type { ProblemDetails } from './problemDetails.js';

/** What became of one client of a request that names several. */
export type ClientPart = ClientReference & (RunningOperation | { readonly problem: ProblemDetails });

/** So many clients are dealt with at once: each start reads its instance back. */
const AT_ONCE = 10;

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

/** Works on all items, a few at a time. @returns the results in the items' order. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
