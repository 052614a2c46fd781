import type { InventoryRow, LastRun } from '@connected-registry/protocol/answers/fleetAnswers';
import { whileRunning } from '../operations/runningRun.js';
import type { FleetClient, FleetFacts } from './fleetFacts.js';

/** The rows of the inventory. @param lastRuns the last run of each client, by its key */
export function inventoryRows(
  { clients, from, to }: FleetFacts,
  lastRuns: ReadonlyMap<string, LastRun>,
): InventoryRow[] {
  return clients.map((client) => {
    const lastRun = lastRuns.get(client.row.key);
    const { state, differences } = judgedWith(client, lastRun, from, to);
    const codes = [...new Set(differences.map(({ code }) => code))];
    return { ...client.row, state, differences: codes, ...(lastRun ? { lastRun: asShown(lastRun) } : {}) };
  });
}

/**
 * Differences are explained by a run that is in progress, or was during the reading: the reading may have seen it half
 * done.
 */
function judgedWith({ judgement }: FleetClient, run: LastRun | undefined, from: Date, to: Date) {
  if (run === undefined) return judgement;
  const hasEndedBefore = run.endedAt !== undefined && Date.parse(run.endedAt) < from.getTime();
  const hasBegunAfter = Date.parse(run.startedAt) > to.getTime();
  return hasEndedBefore || hasBegunAfter ? judgement : whileRunning(judgement, { id: run.operation, kind: run.kind });
}

function asShown({ operation, kind, status, code, startedAt, endedAt }: LastRun): LastRun {
  return {
    operation,
    kind,
    status,
    ...(code === undefined ? {} : { code }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
