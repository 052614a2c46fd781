import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { Config } from '../../../settings/config.js';
import { vaultHosts } from '../../../settings/vaults.js';
import type {
  AbsentClient,
  ClientAnswer,
  ClientPage,
  ClientView,
} from '@connected-registry/protocol/answers/clientAnswers';
import { UNMANAGED } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { CLIENTS_QUERY_FIELDS, clientsQuery } from '@connected-registry/protocol/requests/listQueries';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { reachOf, reachOfAbsent } from '../../../domain/enrolment/reach.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import { channelOf } from '../../../domain/profiles/profiles.js';
import { WAITING_KINDS, waitingInstance } from '../../../domain/operations/waitingRun.js';
import { ServiceError } from '../../../serviceErrors/serviceError.js';
import { CONTINUATION } from '../../../queries/clients/allVaults.js';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries } from '../../../queries/queries.js';
import { operationSummaryOf } from '../../durable/operationView.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { findRunning } from '../../durable/runningRuns.js';
import { hasEnded, operationKind, readRun } from '../../durable/runStatus.js';
import { formatContinuation } from '../requests/continuation.js';
import { unmanagedPage } from '../answers/unmanagedPage.js';
import { problem } from '../answers/problem.js';
import { listParameters, pageStart } from '../requests/listParameters.js';
import { badContinuation } from '../requests/queryParameters.js';
import { orServiceProblem } from '../answers/serviceProblem.js';

const clientPlace = z.strictObject({
  vaultPage: z.string().regex(CONTINUATION).optional(),
  skip: z.int().min(0).max(1000),
});

/**
 * `GET /api/clients`: a page of the clients that have a credential; or, with `state=unmanaged`, of tokens that belong
 * to none.
 */
export function getClients(
  config: Pick<Config, 'registries' | 'profileBook'>,
  queries: Pick<Queries, 'inventory' | 'unmanaged'>,
) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const parsed = listParameters(request, clientsQuery, CLIENTS_QUERY_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    const { top, continuation, state, reach, ...given } = parsed.query;
    if (state === UNMANAGED) {
      const { registry, connectedRegistry } = given;
      return unmanagedPage(config, queries, { filter: { registry, connectedRegistry }, top, continuation }, client);
    }
    const filter = Object.fromEntries(Object.entries({ state, ...given }).filter(([, value]) => value !== undefined));
    const start = pageStart(continuation, clientPlace, filter);
    if ('refusal' in start) return start.refusal;
    const { place } = start;
    return orServiceProblem(async () => {
      try {
        const { clients, next } = await queries.inventory.clients(
          filter,
          top,
          place && { ...defined(place), skip: place.skip },
          (reference) => findRunning(client, reference),
        );
        const page: ClientPage = {
          clients: await eachOf(clients, async (view) => {
            const shown = await withRunning(view, client, [view.key]);
            if (reach !== 'true') return shown;
            return withReach(shown, await readClientRecord(client, view.key), config);
          }),
          ...(next ? { continuation: formatContinuation(next, filter) } : {}),
        };
        return { status: 200, jsonBody: page };
      } catch (error) {
        // The vault refuses a page's continuation that it did not issue, or issued long ago.
        if (place?.vaultPage && error instanceof ServiceError && error.kind === 'refused') return badContinuation();
        throw error;
      }
    });
  };
}

function defined({ vaultPage }: z.infer<typeof clientPlace>) {
  return vaultPage === undefined ? {} : { vaultPage };
}

/** Form of a client's key. Other texts cannot be the name of a main secret. */
export const CLIENT_KEY = /^[a-z0-9-]{1,100}$/;

/**
 * `GET /api/clients/{key}`: one client, with all that its scope map grants, and how its device is reached. Also a
 * client without a credential, if its device has keys of its own, or may join or poll: an operator waits for that
 * before the onboarding.
 */
export function getClient(config: Pick<Config, 'profileBook' | 'vaults'>, { inventory }: Pick<Queries, 'inventory'>) {
  const hosts = vaultHosts(config);
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const key = request.params['key'] ?? '';
    return orServiceProblem(async () => {
      if (!CLIENT_KEY.test(key)) return clientNotFound(key, NO_CREDENTIAL);
      const record = await readClientRecord(client, key);
      const vault = clientVault(record, key, hosts);
      const view = await inventory.client(key, vault, (reference) => findRunning(client, reference));
      const waiting = WAITING_KINDS.map((kind) => waitingInstance(kind, key));
      if (!view) {
        const reach = reachOfAbsent(record, new Date());
        if (!reach) return clientNotFound(key, NO_CREDENTIAL);
        const absent: AbsentClient = { key, state: 'absent', reach };
        const shown = await withRunning(absent, client, [key, ...waiting]);
        return { status: 200, jsonBody: shown satisfies ClientAnswer };
      }
      const { identity } = record.access ?? {};
      const identified = identity === undefined ? view : { ...view, identity };
      const shown = await withRunning(identified, client, [key, ...waiting]);
      return { status: 200, jsonBody: withReach(shown, record, config) satisfies ClientAnswer };
    });
  };
}

/** Adds how the client's device is reached. */
function withReach(
  view: ClientView,
  record: Parameters<typeof reachOf>[0],
  { profileBook }: Pick<Config, 'profileBook'>,
): ClientView {
  return { ...view, reach: reachOf(record, channelOf(profileBook, referenceOf(view)), new Date()) };
}

/** Adds the running operation of the first of these instances that has one. */
async function withRunning<View extends ClientView | AbsentClient>(
  view: View,
  client: DurableClient,
  instances: readonly string[],
): Promise<View> {
  for (const instance of instances) {
    const run = await readRun(client, instance);
    if (!run || hasEnded(run)) continue;
    return { ...view, running: operationSummaryOf(run, operationKind(run.kind) ?? 'onboard').id };
  }
  return view;
}

const NO_CREDENTIAL =
  'The vault has no credential of this name, and no join token was issued for it. A client has a credential from its first onboarding until its offboarding.';

/** Builds the 404 answer for a client's key. @param why a sentence about what was searched */
export function clientNotFound(key: string, why: string): HttpResponseInit {
  return problem({
    status: 404,
    code: 'client-not-found',
    title: 'There is no such client.',
    detail: `Client ${JSON.stringify(key.slice(0, 100))} was not found. ${why}`,
  });
}
