import type { CsvError } from 'csv-parse/sync';

/** What a request's CSV form is like. */
export interface CsvForm {
  /** Names of the columns, in their correct case. */
  readonly columns: readonly string[];
  readonly maxRows: number;
  /**
   * Converts a cell to the value of its field. What cannot be converted stays a text, so that the schema of a row
   * refuses it.
   * @returns undefined for an empty cell
   */
  readonly valueOf: (column: string, cell: string) => unknown;
  /** Makes a row of the values of its cells, by their columns. */
  readonly rowOf: (cells: Readonly<Record<string, unknown>>) => object;
}

/** A fault of one cell or line. */
export interface CsvFault {
  /** Line of the file, from 1: the header is line 1. */
  readonly row: number;
  /** Name of the column; its number, from 1, if it has no name; absent if the whole line is meant. */
  readonly column?: string;
  readonly message: string;
  readonly fix: string;
}

/** Rows of a CSV file. `lines` has the line of each row. */
export interface CsvRows {
  readonly rows: readonly object[];
  readonly lines: readonly number[];
  readonly faults: readonly CsvFault[];
  /** Number of all faults, of which `faults` has the first. */
  readonly faultCount: number;
}

/** Maximum faults that are kept. */
const MAX_FAULTS = 100;
/**
 * Lines that are read for each row that is allowed, with those that have no cell: each takes time, also without a row.
 */
const LINES_PER_ROW = 2;
/** Maximum bytes of one line. */
const MAX_LINE_BYTES = 65_536;

/**
 * Reads the rows of a request from CSV by RFC 4180: UTF-8, commas, a header line with names of columns in any order and
 * case. An empty cell counts as absent, empty lines are skipped. Values are only converted; the schema of a row judges
 * them.
 * @param bytes the file
 */
export async function parseCsvRows(bytes: Uint8Array, form: CsvForm): Promise<CsvRows> {
  const faults = new Faults();
  const text = decoded(bytes, faults);
  if (text === undefined) return faults.withRows([], []);
  const { parse, CsvError } = await import('csv-parse/sync');
  const rows: object[] = [];
  const lines: number[] = [];
  let header: readonly string[] | undefined;
  let records = 0;
  let rowsRead = 0;
  const file = Buffer.from(text);
  const place = new Lines(file);
  const onRecord = (cells: readonly string[], line: number): void => {
    records += 1;
    if (records > LINES_PER_ROW * form.maxRows) {
      faults.add({ row: line, message: 'is one line too many', fix: 'Remove lines without cells.' });
      throw new Stop();
    }
    if (cells.length === 1 && cells[0] === '') return;
    if (header === undefined) {
      header = headerOf(cells, line, faults, form);
      return;
    }
    // Faulty rows count too: otherwise a file of them is read to its end.
    rowsRead += 1;
    if (rowsRead > form.maxRows) {
      faults.add({ row: line, message: 'is one row too many', fix: `Send at most ${form.maxRows} rows.` });
      throw new Stop();
    }
    const row = rowOf(cells, header, line, faults, form);
    if (!row) return;
    rows.push(row);
    lines.push(line);
  };
  try {
    parse(file, {
      skip_empty_lines: true,
      trim: true,
      relax_column_count: true,
      max_record_size: MAX_LINE_BYTES,
      on_record: (cells: string[], { bytes }) => {
        onRecord(cells, place.upTo(bytes));
        return null;
      },
    });
  } catch (error) {
    if (error instanceof CsvError) faults.add(syntaxFault(error, place.next, header));
    else if (!(error instanceof Stop)) throw error;
  }
  if (header === undefined && faults.count === 0)
    faults.add({ row: 1, message: 'is missing', fix: 'Send a header line with the names of the columns.' });
  else if (rows.length === 0 && faults.count === 0)
    faults.add({ row: place.next, message: 'is missing', fix: 'Send at least one row after the header.' });
  return faults.withRows(rows, lines);
}

/** Ends the reading after a fault that makes the rest meaningless. */
class Stop extends Error {
  override readonly name = 'Stop';
}

/** Finds the line in which each record begins. The parser's own count is wrong after a line break in quotes. */
class Lines {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #line = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Line of the next record, after lines that are empty or have spaces only. */
  get next(): number {
    let line = this.#line;
    for (let offset = this.#offset; SPACES.includes(this.#bytes[offset]); offset += 1)
      if (this.#isEnd(offset)) line += 1;
    return line;
  }

  /** Line of the next record, which ends before an offset with its line break. */
  upTo(end: number): number {
    const { next } = this;
    for (; this.#offset < end; this.#offset += 1) if (this.#isEnd(this.#offset)) this.#line += 1;
    return next;
  }

  /** Whether a byte ends a line: a line feed, or a carriage return without one. */
  #isEnd(offset: number): boolean {
    const byte = this.#bytes[offset];
    return byte === LINE_FEED || (byte === CARRIAGE_RETURN && this.#bytes[offset + 1] !== LINE_FEED);
  }
}
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Bytes that the parser skips before a cell. */
const SPACES: readonly unknown[] = [LINE_FEED, CARRIAGE_RETURN, 0x20, 0x09, 0x0c];

class Faults {
  readonly #kept: CsvFault[] = [];
  count = 0;

  add(fault: CsvFault): void {
    this.count += 1;
    if (this.#kept.length < MAX_FAULTS) this.#kept.push(fault);
  }

  withRows(rows: readonly object[], lines: readonly number[]): CsvRows {
    return { rows, lines, faults: this.#kept, faultCount: this.count };
  }
}

const ENCODING_FIX = 'Save the file as CSV in UTF-8.';

/** The text without its byte order mark; undefined if the bytes are not UTF-8. */
function decoded(bytes: Uint8Array, faults: Faults): string | undefined {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) {
    faults.add({ row: 1, message: 'is in UTF-16', fix: ENCODING_FIX });
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    faults.add({ row: lineOfBadByte(bytes), message: 'is not in UTF-8', fix: ENCODING_FIX });
    return undefined;
  }
}

/** The first line that is not UTF-8. No byte of a longer character equals a line feed. */
function lineOfBadByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}

/** The columns by their correct names. A column that is not known keeps its name, and the file is refused. */
function headerOf(cells: readonly string[], row: number, faults: Faults, { columns }: CsvForm): readonly string[] {
  const known = `It must be one of ${columns.join(', ')}.`;
  const [only = ''] = cells;
  if (cells.length === 1 && /[;\t|]/.test(only)) {
    faults.add({ row, column: '1', message: 'has no commas', fix: 'Separate the columns by commas.' });
    throw new Stop();
  }
  const names = cells.map((cell) => columns.find((name) => name.toLowerCase() === cell.toLowerCase()) ?? cell);
  if (!names.some((name) => columns.includes(name))) {
    faults.add({ row, message: 'has no known column', fix: 'Send a header line with the names of the columns.' });
    throw new Stop();
  }
  names.forEach((name, index) => {
    const column = name === '' ? String(index + 1) : shortened(name);
    if (name === '') faults.add({ row, column, message: 'is a column without a name', fix: known });
    else if (!columns.includes(name)) faults.add({ row, column, message: 'is not a known column', fix: known });
    else if (names.indexOf(name) < index)
      faults.add({ row, column, message: 'is a column twice', fix: 'Send each column once.' });
  });
  if (!names.includes('client'))
    faults.add({ row, column: 'client', message: 'is missing', fix: 'Add a column with this name.' });
  if (faults.count > 0) throw new Stop();
  return names;
}

/** The fields of one line; undefined if the line has a fault. */
function rowOf(
  cells: readonly string[],
  header: readonly string[],
  row: number,
  faults: Faults,
  form: CsvForm,
): object | undefined {
  const before = faults.count;
  if (cells.length !== header.length) {
    const column = cells.length > header.length ? String(header.length + 1) : header[cells.length];
    const message = `has ${cells.length} cells, and the header has ${header.length}`;
    const fix = 'Send one cell for each column. Put a cell with a comma in double quotes.';
    faults.add({ row, ...(column === undefined ? {} : { column }), message, fix });
    return undefined;
  }
  const fields: Record<string, unknown> = {};
  header.forEach((column, index) => {
    const cell = cells[index] ?? '';
    if (/\p{Cc}/u.test(cell))
      faults.add({
        row,
        column,
        message: /[\r\n]/.test(cell) ? 'has a line break' : 'has a control character',
        fix: 'Remove it.',
      });
    const value = form.valueOf(column, cell);
    if (value !== undefined) fields[column] = value;
  });
  return faults.count === before ? form.rowOf(fields) : undefined;
}

/** Causes of errors of syntax, by csv-parse's codes. */
const SYNTAX: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  CSV_QUOTE_NOT_CLOSED: ['has a double quote that is not closed', 'Close it, or write each quote in a cell twice.'],
  INVALID_OPENING_QUOTE: ['has a double quote inside a cell', 'Put the cell in quotes, and write the quote twice.'],
  CSV_INVALID_CLOSING_QUOTE: ['has text after a closing quote', 'Write each quote inside a cell twice.'],
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: [
    'has text after a closing quote',
    'Write each quote inside a cell twice.',
  ],
  CSV_MAX_RECORD_SIZE: [`has more than ${MAX_LINE_BYTES} characters`, 'Look for a missing line break or quote.'],
};

/** @param row the line in which the faulty row begins */
function syntaxFault(error: CsvError, row: number, header: readonly string[] | undefined): CsvFault {
  const [message, fix] = SYNTAX[error.code] ?? ['is not CSV', 'Send CSV by RFC 4180.'];
  const index = typeof error['column'] === 'number' ? error['column'] : undefined;
  return { row, ...(index === undefined ? {} : { column: header?.[index] ?? String(index + 1) }), message, fix };
}

/** A name that a file chose, for an error's text. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
