import { Component, type ComponentChildren, type JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowWindow } from './rowWindow.js';

export interface LongTableColumn<T> {
  readonly id: string;
  readonly header: string;
  /** Whether its header sorts. */
  readonly isSorted?: true;
  readonly cell: (row: T) => ComponentChildren;
  /** `aside`: left out on a narrow screen. */
  readonly kind?: 'aside';
}

/** How rows are sorted: a column's id, after a minus if from the last to the first. */
export type Sort = string;

/** As the style sheet has it (`--row`). */
const ROW_HEIGHT = { wide: 38, narrow: 56 } as const;
const NARROW = '(max-width: 48rem)';

/**
 * A table of thousands of rows, of which only those in view are in the document. All rows have one height, so that
 * their places follow from a multiplication; screen readers get the number of all rows, and of each its own.
 */
export function LongTable<T>({
  caption,
  columns,
  rows,
  rowKey,
  sort,
  onSort,
}: {
  readonly caption: string;
  /** The first is the row's header. */
  readonly columns: readonly LongTableColumn<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const [{ top, height }, setView] = useState({ top: 0, height: 800 });
  const view = useRef({ rowHeight, count: rows.length });
  view.current = { rowHeight, count: rows.length };

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const look = () => {
      const seen = { top: element.scrollTop, height: element.clientHeight };
      // What shows the same rows stays the same object, so that nothing is drawn.
      setView((before) => (showsSame(before, seen, view.current) ? before : seen));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  useEffect(() => {
    frame.current?.scrollTo(0, 0);
  }, [sort]);

  const { first, end } = rowWindow(top, height, rowHeight, rows.length);
  return (
    <div class="scroll long" ref={frame} tabIndex={0} role="region" aria-label={caption}>
      <table aria-rowcount={rows.length + 1}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} rowHeight={rowHeight} />
          {rows.slice(first, end).map((row, index) => (
            <Row<T> key={rowKey(row)} row={row} index={first + index} columns={columns} />
          ))}
          <Gap rows={rows.length - end} rowHeight={rowHeight} />
        </tbody>
      </table>
    </div>
  );
}

interface Seen {
  readonly top: number;
  readonly height: number;
}

function showsSame(
  one: Seen,
  other: Seen,
  { rowHeight, count }: { readonly rowHeight: number; readonly count: number },
): boolean {
  const [a, b] = [one, other].map(({ top, height }) => rowWindow(top, height, rowHeight, count));
  return a?.first === b?.first && a?.end === b?.end;
}

function HeaderCell<T>({
  column: { id, header, isSorted, kind },
  sort,
  onSort,
}: {
  readonly column: LongTableColumn<T>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}): JSX.Element {
  const order = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined;
  return (
    <th scope="col" class={kind} {...(order === undefined ? {} : { 'aria-sort': order })}>
      {isSorted === true ? (
        <button type="button" class="sort" onClick={() => onSort(order === 'ascending' ? `-${id}` : id)}>
          {header}
        </button>
      ) : (
        header
      )}
    </th>
  );
}

interface RowProps<T> {
  readonly row: T;
  /** From 0, among all rows. */
  readonly index: number;
  readonly columns: readonly LongTableColumn<T>[];
}

/** Drawn again only if something of it has changed: scrolling draws the rows that come into view. */
class Row<T> extends Component<RowProps<T>> {
  override shouldComponentUpdate({ row, index, columns }: RowProps<T>): boolean {
    return row !== this.props.row || index !== this.props.index || columns !== this.props.columns;
  }

  override render({ row, index, columns }: RowProps<T>) {
    return (
      <tr aria-rowindex={index + 2}>
        {columns.map(({ id, kind, cell }, place) =>
          place === 0 ? (
            <th key={id} scope="row">
              {cell(row)}
            </th>
          ) : (
            <td key={id} class={kind}>
              {cell(row)}
            </td>
          ),
        )}
      </tr>
    );
  }
}

/** Stands for the rows that are not in the document. */
function Gap({ rows, rowHeight }: { readonly rows: number; readonly rowHeight: number }): JSX.Element | null {
  return rows <= 0 ? null : <tr class="gap" aria-hidden="true" style={{ height: `${rows * rowHeight}px` }} />;
}

function useRowHeight(): number {
  const [isNarrow, setIsNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const media = window.matchMedia(NARROW);
    const look = () => setIsNarrow(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, []);
  return isNarrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
}
