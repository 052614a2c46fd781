import type { ExitCode } from '../program/exitCodes.js';

/** One column of a table or of CSV. Values are text of the service: whoever prints them makes them plain. */
export interface Column<Item> {
  readonly header: string;
  readonly value: (item: Item) => string | number | undefined;
  /** A number: to the right. */
  readonly right?: true;
  /** Left out on a narrow terminal, the largest number first. A column that is useless if it is cut belongs here. */
  readonly minor?: number;
  /** Shortened last: states, dates, numbers. */
  readonly firm?: true;
  /** Never shortened: who needs the value has no other way to get it. Where it does not fit, the terminal wraps. */
  readonly whole?: true;
  /** Good, bad or faint, for a terminal with colors. */
  readonly tone?: (item: Item) => Tone | undefined;
}
export type Tone = 'good' | 'bad' | 'faint' | 'strong';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export interface Header {
  readonly text: string;
  readonly right: boolean;
  readonly minor?: number | undefined;
  readonly firm?: true | undefined;
  readonly whole?: true | undefined;
}

export interface Table {
  readonly headers: readonly Header[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A part of what a command shows about one thing. */
export type Block =
  | { readonly title?: string; readonly fields: readonly (readonly [label: string, value: string | undefined])[] }
  | { readonly title?: string; readonly table: Table }
  | { readonly title?: string; readonly lines: readonly string[] };

/** What a command gives back: data, and how it looks in each format. */
export interface Output {
  /** For JSON, YAML and queries: as the API gave it. */
  readonly data: unknown;
  /** For CSV, and for tables if there are no blocks. */
  readonly table: Table;
  /** For `-o name`, one a line. */
  readonly names: readonly string[];
  /** In place of the table, about one thing. */
  readonly blocks?: readonly Block[];
  /** What to say on stderr: that there is more, or what to do next. */
  readonly notes?: readonly string[];
  /** The default is 0. */
  readonly exit?: ExitCode;
  /** True if everything has been shown already, and the data is not to be printed. */
  readonly isShown?: true;
  /** True if the data is a text of our own, printed as it is: scripts of completion. */
  readonly isText?: true;
}

export function tableOf<Item>(items: readonly Item[], columns: readonly Column<Item>[]): Table {
  return {
    headers: columns.map(({ header, right, minor, firm, whole }) => ({
      text: header,
      right: right === true,
      minor,
      firm: right ?? firm,
      whole,
    })),
    rows: items.map((item) =>
      columns.map(({ value, tone }) => ({ text: String(value(item) ?? ''), tone: tone?.(item) })),
    ),
  };
}

/** An output of several things of one kind. */
export function listOutput<Item>(
  data: unknown,
  items: readonly Item[],
  columns: readonly Column<Item>[],
  nameOf: (item: Item) => string,
  more: Pick<Output, 'notes' | 'exit' | 'blocks'> = {},
): Output {
  return { data, table: tableOf(items, columns), names: items.map(nameOf), ...more };
}
