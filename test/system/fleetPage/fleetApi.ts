import type { Operation, OperationSummary } from '@connected-registry/protocol/answers/answers';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import { etagOf } from '../../../src/triggers/http/answers/conditional.js';
import { at, clientOf, operationOf, openRollout, overviewOf, problem, rolloutRows } from '../../shared/madeUpFleet.js';
import type { FakeAnswer, FakeApi, FakeRequest } from './pageServer.js';

const PAGE = 1000;

/** What the API of a made-up fleet answers. */
export function fleetApi(rows: readonly InventoryRow[]): FakeApi {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const inventory = inventoryApi(rows);
  const overview = { ...overviewOf(rows), ...inventory.announced };
  const rowFor = (key = '') => byKey.get(key) ?? byKey.get(key.split('.')[0] ?? '') ?? rows[0];
  const about = (key: string | undefined, answer: (row: InventoryRow) => unknown): FakeAnswer => {
    const row = rowFor(key);
    return row === undefined ? { status: 404, body: problem(404, 'client-not-found') } : { body: answer(row) };
  };
  return new Map<string, FakeApi extends Map<string, infer Handler> ? Handler : never>([
    ['GET overview', () => ({ body: overview, headers: { etag: 'W/"overview"' } })],
    ['GET inventory', inventory.answer],
    ['GET clients/*', ({ parts }) => about(parts[1], clientOf)],
    [
      'GET clients/*/operations',
      ({ parts }) =>
        about(parts[1], (row) => {
          const summary = summaryOf(operationOf(row));
          const ended = { ...summary, id: `${row.key}.0mrun00000001`, runId: '0mrun00000001', status: 'completed' };
          return {
            operations: [
              { ...summary, actor: 'operator@plants.example' },
              { ...ended, endedAt: summary.startedAt, actor: 'sweep' },
            ],
          };
        }),
    ],
    ['GET operations/*', ({ parts }) => about(parts[1], (row) => operationOf(row, { id: parts[1] ?? '' }))],
    [
      'GET operations',
      ({ query }) => ({
        body: {
          operations: selectedOperations(
            rows.slice(0, 20).map((row) => summaryOf(operationOf(row))),
            query,
          ),
        },
      }),
    ],
    ['GET rollouts', () => ({ body: { rollouts: [openRollout()] } })],
    ['GET rollouts/*', () => ({ body: openRollout() })],
    ['GET rollouts/*/clients', () => ({ body: { clients: rolloutRows(rows) } })],
    [
      'POST rollouts/*/*',
      ({ parts }) => ({ status: 202, body: openRollout(parts[2] === 'pause' ? { status: 'paused' } : {}) }),
    ],
    ['POST operations/*/cancel', ({ parts }) => ({ status: 202, body: { id: parts[1], status: 'running' } })],
    ...(['rotations', 'revocations', 'offboardings', 'checks'] as const).map(
      (route) => [`POST ${route}`, ({ json }: { readonly json: unknown }) => toOne(route, json)] as const,
    ),
    [
      'POST onboardings',
      ({ json }) =>
        isDryRun(json)
          ? { body: planOf('onboard') }
          : { status: 202, body: { id: `${rows[0]?.key}.0mrun00000009`, status: 'running' } },
    ],
  ]);

  function toOne(route: string, json: unknown): FakeAnswer {
    if (isDryRun(json)) return { body: planOf(route) };
    const [named] = (json as { clients: readonly InventoryRow[] }).clients;
    const row = rows.find(({ client }) => client === named?.client);
    const part = { ...named, id: `${row?.key}.0mrun00000009`, status: 'running' };
    return {
      status: 202,
      body: { ...(route === 'checks' ? { id: part.id, status: 'running' } : {}), operations: [part] },
    };
  }
}

export function summaryOf({ steps: _steps, ...summary }: Operation): OperationSummary {
  return summary;
}

/** Those that the parameters of `GET /api/operations` select. @throws if the app would refuse the parameters */
export function selectedOperations(all: readonly OperationSummary[], query: URLSearchParams): OperationSummary[] {
  const { kind, status, code, since } = operationsQuery.parse(Object.fromEntries(query));
  return all.filter(
    (one) =>
      (kind === undefined || one.kind === kind) &&
      (status === undefined || status.includes(one.status)) &&
      (code === undefined || (one.failure !== undefined && code.includes(one.failure.code))) &&
      (since === undefined || one.endedAt === undefined || one.endedAt >= since),
  );
}

/** The pages of the inventory, and what the overview says of them. */
export function inventoryApi(rows: readonly InventoryRow[]) {
  const pages = Array.from({ length: Math.max(1, Math.ceil(rows.length / PAGE)) }, (_, n) => {
    const clients = rows.slice(n * PAGE, (n + 1) * PAGE);
    return { clients, etag: etagOf(JSON.stringify([rows.length, clients])) };
  });
  const inventoryPages = pages.map(({ etag }) => etag);
  return {
    announced: { inventory: etagOf(inventoryPages.join()), inventoryPages },
    answer: ({ query }: Pick<FakeRequest, 'query'>): FakeAnswer => {
      const number = Number(query.get('continuation') ?? '0');
      const { clients = [], etag = '' } = pages[number] ?? {};
      const next = number + 1 < pages.length ? { continuation: String(number + 1) } : {};
      return { body: { asOf: at(-20_000), total: rows.length, clients, ...next }, headers: { age: '20', etag } };
    },
  };
}

function isDryRun(json: unknown): boolean {
  return typeof json === 'object' && json !== null && Reflect.get(json, 'dryRun') === true;
}

function planOf(route: string) {
  return {
    problems: [],
    writes: route === 'checks' ? [] : [{ step: 'token', action: `change for ${route}`, resource: 'tokens/line-token' }],
    adopts: [],
    vaults: [{ client: 'press', vault: 'plantvault.vault.azure.net' }],
    ...(route === 'rotations' ? { plans: [] } : {}),
  };
}
