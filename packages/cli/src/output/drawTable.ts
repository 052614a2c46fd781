import stringWidth from 'string-width';
import type { Cell, Table } from './output.js';
import type { Paint } from './paint.js';
import { plainLine } from './plain.js';

const GAP = '   ';
/** A column that has to shrink keeps at least so many characters. */
const LEAST = 8;
const ELLIPSIS = '…';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Draws a table as kubectl does: no lines, columns as wide as their content.
 *
 * @param width columns of the terminal; undefined where there is none, and nothing is cut
 * @returns its lines
 */
export function drawTable(table: Table, { width, headers, paint }: TableStyle): string[] {
  const rows = table.rows.map((row) => row.map((cell) => ({ ...cell, text: plainLine(cell.text) })));
  const header = table.headers.map(({ text }): Cell => ({ text, tone: 'strong' }));
  const all = headers ? [header, ...rows] : rows;
  const natural = table.headers.map((_, index) =>
    Math.max(0, ...all.map((row) => stringWidth(row[index]?.text ?? ''))),
  );
  const widths = width === undefined ? natural : fitted(natural, width - GAP.length * (natural.length - 1));
  return all.map((row) =>
    row
      .map((cell, index) => {
        const room = widths[index] ?? 0;
        const text = cut(cell.text, room);
        const padding = ' '.repeat(room - stringWidth(text));
        const painted = paint(text, cell.tone);
        if (table.headers[index]?.right === true) return padding + painted;
        return index === row.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd(),
  );
}

export interface TableStyle {
  readonly width: number | undefined;
  readonly headers: boolean;
  readonly paint: Paint;
}

/** Takes from the widest columns until all fit. If they cannot, the terminal wraps. */
function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, one) => sum + one, 0) - room;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const present = widths[widest] ?? 0;
    if (present <= LEAST) break;
    const next = Math.max(LEAST, ...widths.filter((one) => one < present));
    const taken = Math.min(over, Math.max(1, present - next));
    widths[widest] = present - taken;
    over -= taken;
  }
  return widths;
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
