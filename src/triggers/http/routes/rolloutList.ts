import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { RolloutPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import { ROLLOUTS_QUERY_FIELDS, rolloutsQuery } from '@connected-registry/protocol/requests/rolloutQueries';
import { eachOf } from '../../../queries/eachOf.js';
import { listedInstances } from '../../durable/instancePages.js';
import { readRollout, rolloutIds, ROLLOUT_ID } from '../../durable/rollouts/rollouts.js';
import { formatContinuation } from '../requests/continuation.js';
import { pageStart } from '../requests/listParameters.js';
import { queryParameters } from '../requests/queryParameters.js';
import { viewOf } from '../rollouts/rolloutAnswers.js';

/** The last rollout of the page before. */
const listPlace = z.strictObject({ id: z.string().regex(ROLLOUT_ID) });

/** `GET /api/rollouts`: a page of rollouts, the newest first. A continuation stays valid while new ones begin. */
export async function getRollouts(
  request: HttpRequest,
  client: DurableClient,
  _actor: string,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const parsed = queryParameters(request, rolloutsQuery, ROLLOUTS_QUERY_FIELDS);
  if ('refusal' in parsed) return parsed.refusal;
  const { top, continuation } = parsed.query;
  const start = pageStart(continuation, listPlace, {});
  if ('refusal' in start) return start.refusal;
  const { place } = start;
  const ids = await rolloutIds(listedInstances(context));
  const rest = ids.filter((id) => place === undefined || id < place.id);
  const shown = rest.slice(0, top);
  const found = await eachOf(shown, (id) => readRollout(client, id));
  const last = rest.length > top ? shown.at(-1) : undefined;
  const page: RolloutPage = {
    rollouts: found.flatMap((one) => (one ? [viewOf(one)] : [])),
    ...(last === undefined ? {} : { continuation: formatContinuation({ id: last }, {}) }),
  };
  return { status: 200, jsonBody: page };
}
