import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, randomOf, type OperationId } from '@connected-registry/protocol/names/operationId';
import { checkInstance } from '../../domain/check/checkRun.js';
import { givesAccess } from '../../domain/rollouts/requestsOfKind.js';
import { checkGroups } from '../../domain/rollouts/checkGroups.js';
import { ROW_CODES, type RowStatus } from '../../domain/rollouts/row.js';
import type { PlannedRow, RowUpdate, StartPlan } from '../../domain/rollouts/startPlan.js';
import type { Pace } from '../../ports/pace.js';
import type { Runs, StartResult } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import type { Config } from '../../settings/config.js';
import { checkRun, rowRun, type RoundOfRuns } from './rowRuns.js';

/**
 * Maximum seconds, without a rollout's freeze windows and pauses, to wait for a client that another run holds. The next
 * sweep tries it again anyway.
 */
const BUSY_SECONDS = { rollout: 24 * 3600, event: 24 * 3600, sweep: 0 } as const;

interface StartTools {
  readonly runs: Pick<Runs, 'start' | 'startFromEvent' | 'startCheck' | 'find'>;
  readonly pace: Pick<Pace, 'started'>;
  readonly config: Pick<Config, 'profileBook' | 'registries'>;
  /** Seconds in which the rollout could start rows, until now. */
  readonly activeSeconds: number;
  /**
   * Whether rows may be started at the present time. A service that answers slowly may delay the last ones by minutes.
   */
  readonly mayStart: () => Promise<boolean>;
}

/**
 * Starts the runs of these rows. A repetition recognises runs that were started before, also those that have ended and
 * whose clients had other runs since.
 */
export async function startRows(
  round: RoundOfRuns,
  rows: readonly PlannedRow[],
  tools: StartTools,
): Promise<readonly RowUpdate[]> {
  const started =
    round.plan.kind === 'check'
      ? await eachOf(checkGroups(round.plan, rows), (group) => startChecks(round, group, tools))
      : [await eachOf(rows, (row) => startRow(round, row, tools))];
  return started.flat().filter((row) => row !== undefined);
}

async function startRow(
  round: RoundOfRuns,
  { row, request, status }: PlannedRow,
  { runs, pace, config, activeSeconds, mayStart }: StartTools,
): Promise<RowUpdate | undefined> {
  const { kind, run } = rowRun(round, row, status.retry, request, config);
  const known = await runs.find(clientKey(request), randomOf(run.run));
  if (!known && !(await mayStart())) return undefined;
  const start = round.plan.source?.kind === 'event' ? runs.startFromEvent : runs.start;
  const result = known ? asStarted(known) : await start(kind, run);
  switch (result.kind) {
    case 'running':
      pace.started({
        registry: request.registry,
        kind,
        ...(givesAccess(kind, request) ? { givesAccess: true } : {}),
      });
      return { row, status: running(status, result.id) };
    case 'unknown':
      return undefined;
    // The client is as the event requests, or as somebody requested later.
    case 'repeated':
      return { row, status: { ...status, state: 'completed' } };
    case 'stale':
      return { row, status: { ...status, state: 'cancelled', code: 'stale-event' } };
    case 'conflict': {
      const waited = waitingFor(status, round.plan, activeSeconds);
      return waited && { row, status: waited };
    }
  }
}

async function startChecks(
  round: RoundOfRuns,
  rows: readonly PlannedRow[],
  { runs, pace, config, mayStart }: StartTools,
): Promise<readonly RowUpdate[]> {
  const run = checkRun(round, rows, config);
  const known = await runs.find(checkInstance(run), randomOf(run.run));
  if (!known && !(await mayStart())) return [];
  const result = known ? asStarted(known) : await runs.startCheck(run);
  if (result.kind !== 'running') return [];
  for (const { request } of rows) pace.started({ registry: request.registry, kind: 'check' });
  return rows.map(({ row, status }) => ({ row, status: running(status, result.id) }));
}

function asStarted(id: OperationId): StartResult {
  return { kind: 'running', id: formatOperationId(id), attached: true };
}

function running({ busyFrom: _busy, ...status }: RowStatus, operation: string): RowStatus {
  return { ...status, state: 'running', operation, startedAt: new Date().toISOString() };
}

/** The status of a row whose client has another run; undefined if that was known. */
function waitingFor(
  status: RowStatus,
  { source }: Pick<StartPlan, 'source'>,
  activeSeconds: number,
): RowStatus | undefined {
  const { busyFrom = activeSeconds, ...rest } = status;
  const limit = BUSY_SECONDS[source?.kind ?? 'rollout'];
  if (activeSeconds - busyFrom >= limit) return { ...rest, state: 'failed', code: ROW_CODES.busy };
  return status.busyFrom === undefined ? { ...status, busyFrom } : undefined;
}
