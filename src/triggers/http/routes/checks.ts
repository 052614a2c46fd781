import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import type { DryRunAnswer, RunningOperation } from '@connected-registry/protocol/answers/answers';
import { CHECK_FIELDS, checkBody } from '@connected-registry/protocol/requests/checkRequest';
import { toReference } from '@connected-registry/protocol/requests/clientsRequest';
import { unknownProblem } from '../../../domain/clients/unknownClient.js';
import { eachOf } from '../../../queries/eachOf.js';
import type { Queries } from '../../../queries/queries.js';
import { startCheck } from '../../durable/startCheck.js';
import { unknownRegistries } from '../requests/clientsBody.js';
import { lookUpClient, unknownClient } from '../knownClient.js';
import type { CheckStarted } from '@connected-registry/protocol/answers/problemDetails';
import { jsonBody } from '../requests/jsonBody.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';
import { startAnswer } from '../answers/startAnswer.js';

/** Maximum bytes of a body with up to 100 clients. */
const MAX_BYTES = 64 * 1024;

/**
 * `POST /api/checks`: compares some or all clients with their intended configuration. One run checks all named clients,
 * so that it reads their registry once. Unknown clients are not checked; if all are unknown, nothing starts.
 */
export function postChecks(
  config: Pick<Config, 'limits' | 'profileBook' | 'registries'>,
  queries: Pick<Queries, 'findUnknown'>,
) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const body = await jsonBody(request, MAX_BYTES);
    if ('refusal' in body) return body.refusal;
    const parsed = checkBody.safeParse(body.value, { reportInput: true });
    if (!parsed.success) return invalidRequest(fieldErrors(parsed.error, CHECK_FIELDS, checkBody));
    const clients = parsed.data.clients?.map((item) => toReference(item, config.registries[0].name));
    const unknown = unknownRegistries(clients ?? [], config);
    if (unknown.length > 0) return invalidRequest(unknown);
    const looked = await eachOf(clients ?? [], async (reference) => ({
      reference,
      unknown: (await lookUpClient(client, reference, queries)).unknown,
    }));
    if (parsed.data.dryRun === true) {
      const problems = looked.flatMap(({ reference, unknown }) => (unknown ? unknownProblem(reference, unknown) : []));
      return { status: 200, jsonBody: { problems, writes: [], adopts: [] } satisfies DryRunAnswer };
    }

    const known = looked.filter(({ unknown }) => !unknown).map(({ reference }) => reference);
    const parts = (running: Partial<RunningOperation>): CheckStarted['operations'] =>
      looked.map(({ reference, unknown }) => ({
        ...reference,
        ...(unknown ? { problem: unknownClient(reference, unknown) } : running),
      }));
    if (clients && known.length === 0)
      return { status: 202, jsonBody: { operations: parts({}) } satisfies CheckStarted };
    const result = await startCheck(client, config, actor, clients && known);
    const answer = startAnswer(result);
    if (result.kind !== 'running') return answer;
    const running = { id: result.id, status: 'running' } as const;
    return { ...answer, jsonBody: { ...running, operations: parts(running) } satisfies CheckStarted };
  };
}
