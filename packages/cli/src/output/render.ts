import type { OutputFormat, OutputOptions } from '../program/globalOptions.js';
import type { TextSink, World } from '../program/world.js';
import type { Block, Output, Table } from './output.js';
import type { TableStyle } from './drawTable.js';
import { paintFor } from './paint.js';
import { plainJson, plainLine, plainLines, plainValue } from './plain.js';

/**
 * Writes the data of a command to stdout.
 * @returns what else there is to say
 * @throws {CommandError} if the query cannot be used
 */
export async function render(output: Output, options: OutputOptions, world: World): Promise<readonly string[]> {
  const { stdout } = world;
  if (output.isShown) return [];
  if (output.isText) {
    stdout.write(String(output.data));
    return [];
  }
  const format = (options.output ?? 'table') as OutputFormat;
  const shown = options.query === undefined ? output : await queried(output, options.query);
  const notes: string[] = [];
  const lines = await linesOf(shown, format, options, world, (headers) =>
    notes.push(`No room for ${headers.join(', ')}: -o csv has all columns.`),
  );
  if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
  return notes;
}

async function queried(output: Output, expression: string): Promise<Output> {
  const [{ runQuery }, { genericNames, genericTable }] = await Promise.all([
    import('./query.js'),
    import('./genericTable.js'),
  ]);
  const data = runQuery(output.data, expression);
  return { data, table: genericTable(data), names: genericNames(data) };
}

async function linesOf(
  output: Output,
  format: OutputFormat,
  options: OutputOptions,
  world: World,
  leftOut: NonNullable<TableStyle['leftOut']>,
): Promise<string[]> {
  switch (format) {
    case 'json':
      return output.data === undefined ? [] : [plainJson(output.data, 2)];
    case 'yaml': {
      if (output.data === undefined) return [];
      const { stringify } = await import('yaml');
      return [stringify(plainValue(output.data), { lineWidth: 0 }).trimEnd()];
    }
    case 'csv': {
      const { stringify } = await import('csv-stringify/sync');
      const rows = output.table.rows.map((row) => row.map(({ text }) => plainLine(text)));
      const header = options.noHeaders ? [] : [output.table.headers.map(({ text }) => plainLine(text))];
      // Some spreadsheets separate cells by semicolons beside commas.
      const text = stringify([...header, ...rows], { quoted_match: /;/ });
      return text === '' ? [] : [text.trimEnd()];
    }
    case 'name':
      return output.names.map(plainLine);
    case 'table': {
      const paint = paintFor(world.stdout, world, options.noColor);
      const style: TableStyle = { width: widthOf(world.stdout), headers: !options.noHeaders, paint };
      if (output.blocks) return drawBlocks(output.blocks, style);
      return output.table.rows.length === 0 ? [] : draw(output.table, { ...style, leftOut });
    }
  }
}

async function draw(table: Table, style: TableStyle): Promise<string[]> {
  const { drawTable } = await import('./drawTable.js');
  return drawTable(table, style);
}

/** Draws parts below each other, with an empty line between. */
export async function drawBlocks(blocks: readonly Block[], style: TableStyle): Promise<string[]> {
  const lines: string[] = [];
  for (const block of blocks) {
    const indent = block.title === undefined ? '' : '  ';
    const room = style.width === undefined ? undefined : style.width - indent.length;
    const content = await contentOf(block, { ...style, width: room });
    if (content.length === 0) continue;
    if (lines.length > 0) lines.push('');
    if (block.title !== undefined) lines.push(style.paint(block.title, 'strong'));
    lines.push(...content.map((line) => indent + line));
  }
  return lines;
}

/** @param style its width is that of the block, without the indentation of one that has a title */
async function contentOf(block: Block, style: TableStyle): Promise<string[]> {
  if ('table' in block) return block.table.rows.length === 0 ? [] : draw(block.table, style);
  const { wrapped } = await import('./wrapped.js');
  const wrap = (line: string, room = style.width) => (room === undefined ? [line] : wrapped(line, room));
  if ('lines' in block) return block.lines.flatMap(plainLines).flatMap((line) => wrap(line));
  const present = block.fields.filter(([, value]) => value !== undefined && value !== '');
  const labels = Math.max(0, ...present.map(([label]) => label.length));
  const room = style.width === undefined ? undefined : style.width - labels - 3;
  return present.flatMap(([label, value]) => {
    const [first, ...others] = plainLines(value ?? '').flatMap((line) => wrap(line, room));
    return [
      `${style.paint(label.padEnd(labels), 'faint')}   ${first ?? ''}`,
      ...others.map((line) => ' '.repeat(labels + 3) + line),
    ];
  });
}

/** Columns of a terminal; undefined where there is none, so that nothing is cut. */
export function widthOf(sink: TextSink): number | undefined {
  return sink.isTTY === true ? sink.columns : undefined;
}
