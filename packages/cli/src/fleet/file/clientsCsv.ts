import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCsvRows, type CsvForm } from '@connected-registry/protocol/requests/csvRows';
import { deviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { cellValue } from '@connected-registry/protocol/requests/rolloutCsv';
import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import { fileCode } from '../../program/fileError.js';
import { fleetClient } from './fleetSchema.js';

const IDENTITY = Object.keys(deviceIdentity.shape);

/** Columns: the fields of a client, and in place of `identity` its own fields. */
export const CLIENT_COLUMNS: readonly string[] = Object.keys(fleetClient.shape).flatMap((field) =>
  field === 'identity' ? IDENTITY : [field],
);

const FORM: CsvForm = {
  columns: CLIENT_COLUMNS,
  maxRows: MAX_ROLLOUT_ROWS,
  valueOf: cellValue,
  rowOf: (cells) => {
    const identity = Object.entries(cells).filter(([name]) => IDENTITY.includes(name));
    const row = Object.entries(cells).filter(([name]) => !IDENTITY.includes(name));
    return Object.fromEntries(identity.length === 0 ? row : [...row, ['identity', Object.fromEntries(identity)]]);
  },
};

/** Clients of a CSV file, with the line of each. */
export interface CsvClients {
  readonly rows: readonly { readonly fields: object; readonly place: string }[];
  readonly faults: readonly string[];
}

/**
 * Reads the clients that a fleet file takes from CSV. A file without clients is a fault: it would empty a connected
 * registry.
 * @param folder of the fleet file
 * @param name relative to it
 */
export async function readClientsCsv(folder: string, name: string): Promise<CsvClients> {
  let bytes;
  try {
    bytes = readFileSync(resolve(folder, name));
  } catch (error) {
    return { rows: [], faults: [`${name}: cannot be read (${fileCode(error)})`] };
  }
  const { rows, lines, faults, faultCount } = await parseCsvRows(bytes, FORM);
  const shown = faults.map(
    ({ row, column, message, fix }) => `${name}:${row}${column === undefined ? '' : `, ${column}`}: ${message}. ${fix}`,
  );
  const further = faultCount - faults.length;
  return {
    rows: rows.map((fields, index) => ({ fields, place: `${name}:${lines[index]}` })),
    faults: further > 0 ? [...shown, `${name}: ${further} more faults`] : shown,
  };
}
