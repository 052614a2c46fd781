import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/** A row of a table: its cells by the names of their columns. */
export type TableRow<Column extends string> = Readonly<Record<Column, string>>;

/**
 * The rows of one table of a document.
 *
 * @param file path from the root of the repository
 * @param heading text of the heading under which the table stands, before any other heading
 * @param columns names of its columns, in order; by default those of the first table there
 * @throws Error when there is no such heading, or no such table under it
 */
export function documentTable<const Column extends string>(
  file: string,
  heading: string,
  columns?: readonly Column[],
): TableRow<Column>[] {
  const lines = readFileSync(join(projectRoot(), file), 'utf8').split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) throw new Error(`${file} has no heading "${heading}".`);
  const section = lines.slice(from + 1);
  const end = section.findIndex((line) => /^#+ /.test(line));
  const under = end < 0 ? section : section.slice(0, end);
  const isHeader = (line: string) => line.startsWith('|') && (!columns || cellsOf(line).join() === columns.join());
  const header = under.findIndex(isHeader);
  if (header < 0) throw new Error(`${file} has no such table under "${heading}".`);
  const names = cellsOf(under[header] ?? '');
  const rest = under.slice(header + 2);
  const last = rest.findIndex((line) => !line.startsWith('|'));
  return (last < 0 ? rest : rest.slice(0, last)).map((line) => {
    const cells = cellsOf(line);
    // Each column has its cell, so the type holds by construction.
    return Object.fromEntries(names.map((name, nth) => [name, cells[nth] ?? ''])) as TableRow<Column>;
  });
}

/** What a cell sets as code: the texts between backticks. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** Cells without the blanks around them; an escaped bar is part of its cell. */
function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}
