import { tableOf, type Table } from './output.js';

/**
 * A table of any value, for results of `--query`: a list of objects has a column for each field, a list of lists one
 * for each position, anything else a single column. What is no single value in a cell is JSON.
 */
export function genericTable(value: unknown): Table {
  const items = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  if (items.length > 0 && items.every(isObject)) {
    const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
    return tableOf(
      items,
      names.map((name) => ({ header: name, value: (item) => cellOf(item[name]) })),
    );
  }
  if (items.length > 0 && items.every(Array.isArray)) {
    const rows: readonly (readonly unknown[])[] = items;
    const width = Math.max(...rows.map((row) => row.length));
    return tableOf(
      rows,
      [...Array(width).keys()].map((index) => ({
        header: `Column${index + 1}`,
        value: (row) => cellOf(row[index]),
      })),
    );
  }
  return tableOf(items, [{ header: 'Result', value: cellOf }]);
}

/** What `-o name` prints of a query's result: its single values, one a line. */
export function genericNames(value: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => item !== null && item !== undefined).map(cellOf);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
