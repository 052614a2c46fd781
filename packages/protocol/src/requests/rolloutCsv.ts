import { parseCsvRows, type CsvForm, type CsvRows } from './csvRows.js';
import { MAX_ROLLOUT_ROWS, rolloutRow } from './rolloutRequest.js';

/** Columns of the CSV form: the fields of a row. */
export const ROLLOUT_COLUMNS: readonly string[] = Object.keys(rolloutRow.shape);

const FORM: CsvForm = { columns: ROLLOUT_COLUMNS, maxRows: MAX_ROLLOUT_ROWS, valueOf: cellValue };

/**
 * Reads the rows of a rollout from CSV. A cell of `repositories` separates names by spaces or semicolons.
 * @param bytes the file
 */
export function parseRolloutCsv(bytes: Uint8Array): Promise<CsvRows> {
  return parseCsvRows(bytes, FORM);
}

const FLAGS: readonly string[] = ['restoreScopeMap', 'adopt', 'recheck'];

/**
 * Converts a cell to the value of its field. What cannot be converted stays a text, so that the schema of a row refuses it.
 * @returns undefined for an empty cell
 */
export function cellValue(column: string, cell: string): unknown {
  if (cell === '') return undefined;
  if (column === 'repositories') return cell.split(/[\s;]+/).filter((name) => name !== '');
  if (column === 'credentialLifetimeDays') return /^-?\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : cell;
  if (!FLAGS.includes(column)) return cell;
  return /^true$/i.test(cell) ? true : /^false$/i.test(cell) ? false : cell;
}
