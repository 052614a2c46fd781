import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { DEFAULT_FAILURE_LIMIT, DEFAULT_WAVES } from '@connected-registry/protocol/requests/rolloutRequest';
import { audit } from '../../../audit/audit.js';
import {
  rolloutInstance,
  type RolloutPlan,
  type RolloutRequest,
  type Waves,
} from '../../../domain/rollouts/rollout.js';
import { rolloutView } from '../../../domain/rollouts/view.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import {
  awaitControl,
  openingState,
  putRows,
  readRollout,
  rolloutOperation,
  startRollout,
} from '../../durable/rollouts/rollouts.js';
import { problem } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { accessOfPlan, limitWarningsOf } from '../rollouts/accessRows.js';
import { checkConnectedRegistries } from '../rollouts/connectedRegistryFaults.js';
import { checkSizes } from '../rollouts/sizeFaults.js';
import { notClaimed, rolloutLocation, rolloutNotFound, viewOf } from '../rollouts/rolloutAnswers.js';
import { readRolloutBody, type RolloutBody } from '../rollouts/rolloutBody.js';
import { checkRows } from '../rollouts/rolloutRows.js';
import { RowFaults, type RowPlaces } from '../rollouts/rowFaults.js';
import { selectedRows } from '../rollouts/selectedRows.js';

/** Maximum characters of a client's name, as IoT Hub has them. */
const MAX_NAME_CHARACTERS = 128;

/** `POST /api/rollouts`: checks all clients, and starts a rollout, or one that only plans (dryRun). */
export function postRollouts(config: Config, queries: Pick<Queries, 'inventory' | 'slowFacts' | 'limitWarnings'>) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const body = await readRolloutBody(request);
    if ('refusal' in body) return body.refusal;
    return orServiceProblem(async () => {
      const found = body.rows ? { rows: body.rows } : await selectedRows(body.head, config, queries);
      if ('refusal' in found) return found.refusal;
      const places: RowPlaces = body.rows ? body : { selected: found.rows.map(nameOf) };
      const faults = new RowFaults(places);
      const { kind, defaults = {} } = body.head;
      const requests = checkRows(kind, found.rows, defaults, config, faults);
      if (faults.count === 0 && kind === 'onboard') await checkConnectedRegistries(requests, config, queries, faults);
      checkSizes(requests, faults);
      if (faults.count > 0) return faults.refusal();
      const [answer, warnings] = await Promise.all([
        start(client, toPlan(body, requests, actor, config), requests, places, config),
        limitWarningsOf(kind, requests, config, queries),
      ]);
      if (answer.status !== 202 || warnings.length === 0) return answer;
      return { ...answer, jsonBody: { ...(answer.jsonBody as Rollout), warnings } satisfies Rollout };
    });
  };
}

/**
 * The client's name in a row of a selection. Faults are about rows that are not valid, so it is shown as text of
 * limited length.
 */
function nameOf(row: unknown): string {
  const name = typeof row === 'object' && row !== null && 'client' in row ? row.client : undefined;
  return typeof name === 'string' ? name.slice(0, MAX_NAME_CHARACTERS) : 'without a name';
}

/** `GET /api/rollouts/{id}`: one rollout's progress. */
export async function getRollout(request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> {
  const id = request.params['id'] ?? '';
  const found = await readRollout(client, id);
  return found ? { status: 200, jsonBody: viewOf(found) satisfies Rollout } : rolloutNotFound(id);
}

function toPlan(
  { head, freezeWindows }: RolloutBody,
  requests: readonly RolloutRequest[],
  actor: string,
  config: Pick<Config, 'registries' | 'arm' | 'vaults'>,
): RolloutPlan {
  const now = new Date();
  const { name, kind, startAt, dryRun = false, waves, failureLimit } = head;
  const { canary, size, pauseSeconds }: Waves = { ...DEFAULT_WAVES, ...given(waves ?? {}) };
  return {
    id: newRunId(now, randomBytes(4)),
    ...(name === undefined ? {} : { name }),
    kind,
    actor,
    requestedAt: now.toISOString(),
    rows: requests.length,
    waves: { ...(canary === undefined ? {} : { canary }), size, pauseSeconds },
    failureLimit: { ...DEFAULT_FAILURE_LIMIT, ...given(failureLimit ?? {}) },
    ...(startAt === undefined ? {} : { startAt: new Date(startAt).toISOString() }),
    freezeWindows,
    dryRun,
    subscriptions: rowsBySubscription(requests, config),
    ...accessOfPlan(kind, requests, config),
    rates: config.arm.rates,
  };
}

/** An object without its absent fields. */
function given<Fields extends object>(fields: Fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };
}

function rowsBySubscription(requests: readonly RolloutRequest[], config: Pick<Config, 'registries'>) {
  const rows = new Map<string, number>();
  for (const { registry } of requests) {
    const id = (findRegistry(config, registry)?.subscriptionId ?? '').toLowerCase();
    rows.set(id, (rows.get(id) ?? 0) + 1);
  }
  return [...rows].map(([id, count]) => ({ id, rows: count }));
}

/** Starts the orchestration, puts the rows, and waits until it has claimed the clients or refused to. */
async function start(
  client: DurableClient,
  plan: RolloutPlan,
  requests: readonly RolloutRequest[],
  places: RowPlaces,
  { limits }: Pick<Config, 'limits'>,
): Promise<HttpResponseInit> {
  const { id, actor, kind } = plan;
  const operation = rolloutOperation(id);
  const facts = { resource: rolloutInstance(id), operation, kind, clients: requests.length };
  // In this order: rows without an orchestration would never be purged. An orchestration without rows waits for them,
  // then stops.
  const isStarted = await startRollout(client, { plan, run: id, actor, limits });
  if (!isStarted && !(await readRollout(client, id))) return notConfirmed(id, facts);
  await putRows(client, id, requests, { operation, actor });
  const control = await awaitControl(client, id, ({ status }) => status !== 'opening');
  if (control?.status === 'refused') {
    audit('rollout.start.refused', {
      ...facts,
      reason: control.claimed === undefined ? 'client-in-rollout' : 'rollouts-full',
    });
    return notClaimed(control, (row) => requests[row], places);
  }
  if (!control && !(await readRollout(client, id))) return notConfirmed(id, facts);
  audit('rollout.start.succeeded', facts);
  return {
    status: 202,
    headers: { location: rolloutLocation(id), 'retry-after': '2' },
    jsonBody: rolloutView(control ?? openingState(plan), new Date()) satisfies Rollout,
  };
}

function notConfirmed(id: string, facts: Parameters<typeof audit>[1]): HttpResponseInit {
  audit('rollout.start.failed', { ...facts, reason: 'engine-slow' });
  return problem({
    status: 503,
    code: 'engine-slow',
    title: 'The start could not be confirmed.',
    detail: `The durable engine did not confirm rollout ${id} in time. Look whether it exists before you send the request again.`,
  });
}
