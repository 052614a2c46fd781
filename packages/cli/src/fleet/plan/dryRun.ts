import type { RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { allPages } from '../../api/allPages.js';
import type { Api } from '../../api/api.js';
import { ProblemError } from '../../api/problem.js';
import type { RolloutFields } from '../../api/requests.js';
import { routes } from '../../api/routes.js';
import { CommandError } from '../../program/commandError.js';
import { repeat, type Waiting } from '../../watch/deadline.js';
import type { DesiredFleet } from '../file/desiredFleet.js';
import { chunksOf, rolloutBodyOf } from './rolloutBodies.js';
import { withTheApps } from './adoption.js';
import type { PlanEntry } from './planEntry.js';
import type { FleetPlan } from './planFile.js';

/** Milliseconds between two reads of a dry run. */
const POLL = 500;

interface Planned {
  readonly entries: readonly PlanEntry[];
  readonly dryRuns: FleetPlan['dryRuns'];
}

/**
 * Asks the app what it would write for each change. The app decides: a client that differs, and for which it would
 * write nothing, is left as it is; one that it would refuse keeps its problems.
 */
export async function dryRunOf(
  api: Api,
  entries: readonly PlanEntry[],
  rollout: DesiredFleet['rollout'],
  waiting: (id: string) => Waiting,
): Promise<Planned> {
  const planned = new Map<string, PlanEntry>();
  const dryRuns: FleetPlan['dryRuns'][number][] = [];
  for (const chunk of chunksOf(entries)) {
    const { kind, clients } = chunk;
    const json: RolloutFields = { ...rolloutBodyOf(chunk, rollout, 'crctl plan'), dryRun: true };
    const { id } = await routes.startRollout(api, { json }).catch((error: unknown) => {
      throw inTheFile(error, clients);
    });
    const ended = await repeat(waiting(id), POLL, async () => {
      const found = await routes.rollout(api, id);
      return found.status === 'running' || found.status === 'opening' ? undefined : found;
    });
    const { secondsLeft, writes } = ended;
    dryRuns.push({
      kind,
      clients: clients.length,
      writes: writes.needed,
      ...(secondsLeft === undefined ? {} : { seconds: secondsLeft }),
    });
    const rows = await rowsOf(api, id);
    clients.forEach((entry, index) => {
      const row = rows.get(index + 1);
      planned.set(entry.key, withPlan(withTheApps(entry, row), row));
    });
  }
  return { entries: entries.map((entry) => planned.get(entry.key) ?? entry), dryRuns };
}

/** The app's faults of rows, by the clients and the places of the fleet file. */
function inTheFile(error: unknown, clients: readonly PlanEntry[]): unknown {
  if (!(error instanceof ProblemError)) return error;
  const { errors, errorCount } = error.problem;
  if (errors === undefined || errors.some(({ row }) => row === undefined)) return error;
  const further = errorCount === undefined ? 0 : errorCount - errors.length;
  const lines = errors.flatMap(({ row, field, message, fix }) => {
    const entry = row === undefined ? undefined : clients[row - 1];
    const name = field.replace(/^clients\.\d+\.?/, '');
    const place = entry?.place === undefined ? '' : `${entry.place}: `;
    return [`${place}${entry?.connectedRegistry}/${entry?.client}: ${name} ${message}`, `  ${fix}`];
  });
  return new CommandError(error.code, error.message, [
    ...lines,
    ...(further > 0 ? [`${further} more errors are not listed.`] : []),
  ]);
}

/** @returns rows by their number, from 1 */
async function rowsOf(api: Api, id: string): Promise<Map<number, RolloutClient>> {
  const rows = new Map<number, RolloutClient>();
  const pages = allPages((place) => routes.rolloutClients(api, id, { top: '100', ...place }));
  for await (const page of pages) for (const row of page.clients) rows.set(row.row, row);
  return rows;
}

/** An entry with what the dry run said of it. */
export function withPlan(entry: PlanEntry, row: RolloutClient | undefined): PlanEntry {
  const { row: body, ...without } = entry;
  if (row?.state === 'failed' && row.problems !== undefined)
    return { ...entry, problems: row.problems, ...(row.reasons === undefined ? {} : { refusals: row.reasons }) };
  if (row?.state !== 'planned' || row.writes === undefined)
    return { ...without, mark: '?', reasons: [...entry.reasons, 'the app did not say what it would write'] };
  if (row.writes.length > 0) return { ...entry, writes: row.writes };
  return {
    ...without,
    mark: '!',
    reasons: [...entry.reasons, 'the app would write nothing: `crctl check` says what helps'],
  };
}
