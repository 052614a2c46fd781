/**
 * Where a spreadsheet would take a text for a formula (OWASP, CSV Injection): an apostrophe there keeps it a text. Also
 * after spaces, which some remove, and in full width. Where semicolons or tabs separate cells, commas do not, and
 * quotes after a comma count for nothing: there the text after each semicolon or tab is a cell of its own.
 */
const FORMULA = /(^|[;\t\r\n])(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/g;

export interface CsvColumn<T> {
  readonly header: string;
  readonly value: (row: T) => string | number | undefined;
}

/**
 * A table as CSV (RFC 4180), in UTF-8 with a byte order mark, which Excel needs to see what it is. Every text is
 * quoted: some spreadsheets separate cells by semicolons and tabs beside commas.
 */
export function csvOf<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ header }) => cell(header)),
    ...rows.map((row) => columns.map(({ value }) => cell(value(row)))),
  ];
  return `\ufeff${lines.map((line) => `${line.join(',')}\r\n`).join('')}`;
}

function cell(value: string | number | undefined): string {
  if (value === undefined || value === '') return '';
  // Numbers are ours, and may be negative.
  if (typeof value === 'number') return String(value);
  return `"${value.replaceAll(FORMULA, "$1'").replaceAll('"', '""')}"`;
}
