import stringWidth from 'string-width';
import type { Cell, Header, Table } from './output.js';
import type { Paint } from './paint.js';
import { plainLine } from './plain.js';

const GAP = '   ';
/** A column that has to shrink keeps at least so many characters. */
const LEAST = 8;
const ELLIPSIS = '…';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Draws a table as kubectl does: no lines, columns as wide as their content. On a terminal that is too narrow, minor
 * columns are left out, then long ones shortened, except for those that must stay whole.
 *
 * @returns its lines
 */
export function drawTable(table: Table, { width, headers, paint, leftOut }: TableStyle): string[] {
  const plain = table.rows.map((row) => row.map((cell) => ({ ...cell, text: plainLine(cell.text) })));
  const header = table.headers.map(({ text }): Cell => ({ text, tone: 'strong' }));
  const all = headers ? [header, ...plain] : plain;
  const measured = table.headers.map((one, index): Measured => ({
    ...one,
    index,
    width: Math.max(0, ...all.map((row) => stringWidth(row[index]?.text ?? ''))),
  }));
  const columns = width === undefined ? measured : shortened(withoutMinor(measured, width), width);
  const shown = new Set(columns.map(({ index }) => index));
  const hidden = table.headers.filter((_, index) => !shown.has(index)).map(({ text }) => text);
  if (hidden.length > 0) leftOut?.(hidden);
  return all.map((row) =>
    columns
      .map(({ index, width: room, right }, position) => {
        const cell = row[index] ?? { text: '' };
        const text = cut(cell.text, room);
        const padding = ' '.repeat(room - stringWidth(text));
        const painted = paint(text, cell.tone);
        if (right) return padding + painted;
        return position === columns.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd(),
  );
}

export interface TableStyle {
  /** Columns of the terminal; undefined where there is none, and nothing is cut. */
  readonly width: number | undefined;
  readonly headers: boolean;
  readonly paint: Paint;
  /** Told which columns had no room. */
  readonly leftOut?: (headers: readonly string[]) => void;
}

interface Measured extends Header {
  readonly index: number;
  readonly width: number;
}

function totalOf(columns: readonly Measured[]): number {
  return columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1));
}

/** Leaves minor columns out until the others fit, or none is left. */
function withoutMinor(columns: readonly Measured[], room: number): readonly Measured[] {
  const last = Math.max(...columns.map(({ minor }) => minor ?? 0));
  if (totalOf(columns) <= room || last <= 0) return columns;
  return withoutMinor(
    columns.filter(({ minor }) => minor !== last),
    room,
  );
}

/**
 * Takes from the widest columns until all fit, from firm ones last. If they cannot, the terminal wraps. Beside a column
 * that must stay whole and leaves no room, nothing is shortened: the terminal wraps each line anyway.
 */
function shortened(columns: readonly Measured[], room: number): readonly Measured[] {
  const over = totalOf(columns) - room;
  if (over <= 0) return columns;
  const least = columns.map((one) => (one.whole ? one : { ...one, width: Math.min(one.width, LEAST) }));
  if (columns.some(({ whole }) => whole) && totalOf(least) > room) return columns;
  const wide = columns.filter(({ width, whole }) => width > LEAST && whole !== true);
  const soft = wide.filter(({ firm }) => firm !== true);
  const candidates = soft.length > 0 ? soft : wide;
  const widest = candidates.reduce<Measured | undefined>(
    (most, one) => (most && most.width >= one.width ? most : one),
    undefined,
  );
  if (!widest) return columns;
  const next = Math.max(LEAST, ...candidates.map(({ width }) => width).filter((width) => width < widest.width));
  const taken = Math.min(over, Math.max(1, widest.width - next));
  return shortened(
    columns.map((one) => (one === widest ? { ...one, width: one.width - taken } : one)),
    room,
  );
}

/** Cuts a text to a number of columns, between characters as a reader sees them. */
export function cut(text: string, room: number): string {
  if (stringWidth(text) <= room) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > room - 1) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}
