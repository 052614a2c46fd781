import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, randomOf, type OperationId } from '@connected-registry/protocol/names/operationId';
import { checkInstance } from '../../domain/check/checkRun.js';
import { checkGroups } from '../../domain/rollouts/checkGroups.js';
import { ROW_CODES, type RolloutRequest, type RowStatus } from '../../domain/rollouts/rollout.js';
import type { Pace } from '../../ports/pace.js';
import type { Runs, StartResult } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import type { Config } from '../../settings/config.js';
import { checkRun, rowRun, type RoundOfRuns } from './rowRuns.js';

/** A row that waits. `row`: its number in the whole rollout, from 0. */
export interface WaitingRow {
  readonly row: number;
  readonly request: RolloutRequest;
  readonly status: RowStatus;
}

/** The new status of a row; rows that stay as they are have none. */
export interface StartedRow {
  readonly row: number;
  readonly status: RowStatus;
}

/** Maximum seconds, without freeze windows and pauses, to wait for a client that another run holds. */
const BUSY_SECONDS = 24 * 3600;

interface Tools {
  readonly runs: Pick<Runs, 'start' | 'startCheck' | 'find'>;
  readonly pace: Pick<Pace, 'started'>;
  readonly config: Pick<Config, 'profileBook' | 'registries'>;
  /** Seconds in which the rollout could start rows, until now. */
  readonly activeSeconds: number;
  /** Whether rows may be started at the present time. A service that answers slowly may delay the last ones by minutes. */
  readonly mayStart: () => boolean;
}

/**
 * Starts the runs of these rows. A repetition recognises runs that were started before, also those that have ended and whose clients
 * had other runs since.
 */
export async function startRows(
  round: RoundOfRuns,
  rows: readonly WaitingRow[],
  tools: Tools,
): Promise<readonly StartedRow[]> {
  const started =
    round.plan.kind === 'check'
      ? await eachOf(checkGroups(round.plan, rows), (group) => startChecks(round, group, tools))
      : [await eachOf(rows, (row) => startRow(round, row, tools))];
  return started.flat().filter((row) => row !== undefined);
}

async function startRow(
  round: RoundOfRuns,
  { row, request, status }: WaitingRow,
  { runs, pace, config, activeSeconds, mayStart }: Tools,
): Promise<StartedRow | undefined> {
  const { kind, run } = rowRun(round, row, status.retry, request, config);
  const known = await runs.find(clientKey(request), randomOf(run.run));
  if (!known && !mayStart()) return undefined;
  const result = known ? asStarted(known) : await runs.start(kind, run);
  if (result.kind === 'running') {
    pace.started({ registry: request.registry, kind });
    return { row, status: running(status, result.id) };
  }
  if (result.kind === 'unknown') return undefined;
  const waited = waitingFor(status, activeSeconds);
  return waited && { row, status: waited };
}

async function startChecks(
  round: RoundOfRuns,
  rows: readonly WaitingRow[],
  { runs, pace, config, mayStart }: Tools,
): Promise<readonly StartedRow[]> {
  const run = checkRun(round, rows, config);
  const known = await runs.find(checkInstance(run), randomOf(run.run));
  if (!known && !mayStart()) return [];
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
function waitingFor(status: RowStatus, activeSeconds: number): RowStatus | undefined {
  const { busyFrom, ...rest } = status;
  if (busyFrom === undefined) return { ...status, busyFrom: activeSeconds };
  if (activeSeconds - busyFrom < BUSY_SECONDS) return undefined;
  return { ...rest, state: 'failed', code: ROW_CODES.busy };
}
