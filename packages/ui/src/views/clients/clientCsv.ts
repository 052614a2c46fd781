import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { csvOf, type CsvColumn } from '../../format/csv.js';

const COLUMNS: readonly CsvColumn<InventoryRow>[] = [
  { header: 'registry', value: ({ registry }) => registry },
  { header: 'connectedRegistry', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'client', value: ({ client }) => client },
  { header: 'state', value: ({ state }) => state },
  { header: 'differences', value: ({ differences }) => differences.join(' ') },
  { header: 'slot', value: ({ slot }) => slot },
  { header: 'issuedAt', value: ({ issuedAt }) => issuedAt },
  { header: 'verifiedAt', value: ({ verifiedAt }) => verifiedAt },
  { header: 'expiresOn', value: ({ expiresOn }) => expiresOn },
  { header: 'rotationDueAt', value: ({ rotationDueAt }) => rotationDueAt },
  { header: 'lastRun', value: ({ lastRun }) => lastRun?.kind },
  { header: 'lastRunStatus', value: ({ lastRun }) => lastRun?.status },
  { header: 'lastRunCode', value: ({ lastRun }) => lastRun?.code },
  { header: 'lastRunStartedAt', value: ({ lastRun }) => lastRun?.startedAt },
  { header: 'operation', value: ({ lastRun }) => lastRun?.operation },
];

/** Clients as CSV, in the order in which they are shown. */
export function clientsCsv(rows: readonly InventoryRow[]): string {
  return csvOf(COLUMNS, rows);
}
