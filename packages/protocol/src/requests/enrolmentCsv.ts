import { z } from 'zod';
import { parseCsvRows, type CsvForm, type CsvRows } from './csvRows.js';
import { ENROLMENT_FIELDS, enrolmentRow } from './enrolmentRequest.js';

/** Columns of the CSV form: the fields of a row. */
const ENROLMENT_COLUMNS: readonly string[] = Object.keys(enrolmentRow.shape);

const FORM: Omit<CsvForm, 'maxRows'> = { columns: ENROLMENT_COLUMNS, valueOf, rowOf: (cells) => cells };

/**
 * Reads the clients of a request for join tokens from CSV. A cell of `addresses` separates addresses by spaces or
 * semicolons.
 * @param bytes the file
 * @param maxRows more are a fault
 */
export function parseEnrolmentCsv(bytes: Uint8Array, maxRows: number): Promise<CsvRows> {
  return parseCsvRows(bytes, { ...FORM, maxRows });
}

type Parameter = 'lifetimeHours' | 'addresses';

/** The form of each parameter beside a CSV body, as a text: shown as its fix and its description in the API. */
export const ENROLMENT_CSV_FIELDS: Readonly<Record<Parameter, string>> = {
  lifetimeHours: ENROLMENT_FIELDS.lifetimeHours,
  addresses: `${ENROLMENT_FIELDS.addresses}; several with semicolons between`,
};

/** Parameters of `POST /api/enrolments` with a CSV body: they apply to each row that does not have them itself. */
export const enrolmentCsvQuery = z.strictObject(
  Object.fromEntries(
    Object.entries(ENROLMENT_CSV_FIELDS).map(([name, help]) => [name, z.string().describe(help).optional()]),
  ) as Record<Parameter, z.ZodOptional<z.ZodString>>,
);

/** The request's fields, from the parameters beside a CSV body. Values are only converted. */
export function enrolmentDefaults(query: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const found = Object.entries(query).map(([name, text]) => [name, text && valueOf(name, text.trim())] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== ''));
}

function valueOf(column: string, cell: string): unknown {
  if (cell === '') return undefined;
  if (column === 'addresses') return cell.split(/[\s;]+/).filter((one) => one !== '');
  if (column === 'replace' && /^(?:true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  if (column === 'lifetimeHours') return /^-?\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : cell;
  return cell;
}
