import { parseCsvRows, type CsvForm, type CsvRows } from './csvRows.js';
import { deviceIdentity } from './deviceIdentity.js';
import { MAX_ROLLOUT_ROWS, rolloutRow } from './rolloutRequest.js';

/** Columns with the fields of `identity`, which is an object in JSON. */
const IDENTITY_COLUMNS: readonly string[] = Object.keys(deviceIdentity.shape);

/** Columns of the CSV form: the fields of a row, and in place of `identity` its own fields. */
export const ROLLOUT_COLUMNS: readonly string[] = Object.keys(rolloutRow.shape).flatMap((field) =>
  field === 'identity' ? IDENTITY_COLUMNS : [field],
);

const FORM: CsvForm = {
  columns: ROLLOUT_COLUMNS,
  maxRows: MAX_ROLLOUT_ROWS,
  valueOf: cellValue,
  rowOf: withIdentity,
};

/** The column of a field of a row. @param field a path inside the row */
export function columnOf(field: string): string {
  const [first = field, second = field] = field.split('.');
  return first === 'identity' ? second : first;
}

/**
 * Reads the rows of a rollout from CSV. A cell of `repositories` separates names by spaces or semicolons.
 * @param bytes the file
 */
export function parseRolloutCsv(bytes: Uint8Array): Promise<CsvRows> {
  return parseCsvRows(bytes, FORM);
}

/** Puts the cells of an identity into an object of their own. */
function withIdentity(cells: Readonly<Record<string, unknown>>): object {
  const isOfIdentity = ([name]: [string, unknown]): boolean => IDENTITY_COLUMNS.includes(name);
  const all = Object.entries(cells);
  const identity = all.filter(isOfIdentity);
  const row = Object.fromEntries(all.filter((cell) => !isOfIdentity(cell)));
  return identity.length === 0 ? row : { ...row, identity: Object.fromEntries(identity) };
}

const FLAGS: readonly string[] = ['restoreScopeMap', 'adopt', 'recheck'];

/**
 * Converts a cell to the value of its field. What cannot be converted stays a text, so that the schema of a row refuses
 * it.
 * @returns undefined for an empty cell
 */
export function cellValue(column: string, cell: string): unknown {
  if (cell === '') return undefined;
  if (column === 'repositories') return cell.split(/[\s;]+/).filter((name) => name !== '');
  if (column === 'credentialLifetimeDays') return /^-?\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : cell;
  if (!FLAGS.includes(column)) return cell;
  return /^true$/i.test(cell) ? true : /^false$/i.test(cell) ? false : cell;
}
