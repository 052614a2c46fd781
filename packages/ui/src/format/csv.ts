/**
 * What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection): an apostrophe before it keeps it a text. Also after
 * spaces, which some remove, and in full width.
 */
const FORMULA = /^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export interface CsvColumn<T> {
  readonly header: string;
  readonly value: (row: T) => string | number | undefined;
}

/** A table as CSV (RFC 4180), in UTF-8 with a byte order mark, which Excel needs to see what it is. */
export function csvOf<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ header }) => cell(header)),
    ...rows.map((row) => columns.map(({ value }) => cell(value(row)))),
  ];
  return `\ufeff${lines.map((line) => `${line.join(',')}\r\n`).join('')}`;
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  // Numbers are ours, and may be negative.
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
