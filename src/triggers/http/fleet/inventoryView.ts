import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { MAX_INVENTORY_ROWS, type InventoryQuery } from '@connected-registry/protocol/requests/inventoryQuery';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { inventoryRows } from '../../../domain/fleet/inventoryRows.js';
import { etagOf } from '../answers/conditional.js';
import type { KnownFleet } from './fleetSource.js';

type InventoryFilter = Omit<InventoryQuery, 'top' | 'continuation'>;

/** A page of rows, as JSON. */
export interface RowsPage {
  readonly etag: string;
  readonly total: number;
  /** JSON of an array. */
  readonly rows: string;
  /** The last row's key, if more rows follow. */
  readonly last?: string;
}

/** Maximum pages that are kept as JSON: those of a whole fleet without filters, and a few with. */
const MAX_PAGES = 24;

/** The rows at one time. Pages are made once, however many callers ask. */
export interface InventoryView {
  readonly rows: readonly InventoryRow[];
  /** Equal for equal rows, in all instances of the app. */
  readonly version: string;
  /** ETags of the pages without filters and of the default size, in their order. */
  readonly pageEtags: readonly string[];
  /** @param after key of the row before the page */
  page(filter: InventoryFilter, top: number, after: string | undefined): RowsPage;
}

/** Creates the view. It is computed again only if clients or runs have changed. */
export function createInventoryView(): (known: Pick<KnownFleet, 'fleet' | 'runs'>) => InventoryView {
  let last: { readonly facts: unknown; readonly lastRuns: unknown; readonly view: InventoryView } | undefined;
  return ({ fleet: { value: facts }, runs: { value: runs } }) => {
    if (last?.facts === facts && last.lastRuns === runs.lastRuns) return last.view;
    const view = viewOf(inventoryRows(facts, runs.lastRuns));
    // Equal rows keep their pages.
    last = { facts, lastRuns: runs.lastRuns, view: last?.view.version === view.version ? last.view : view };
    return last.view;
  };
}

function viewOf(rows: readonly InventoryRow[]): InventoryView {
  const texts = rows.map((row) => JSON.stringify(row));
  const pages = new Map<string, RowsPage>();
  const page: InventoryView['page'] = (filter, top, after) => {
    const key = JSON.stringify([filter, top, after]);
    const known = pages.get(key) ?? pageOf(rows, texts, filter, top, after);
    // The page that was used last is the last to go.
    pages.delete(key);
    pages.set(key, known);
    for (const [oldest] of pages) if (pages.size > MAX_PAGES) pages.delete(oldest);
    return known;
  };
  return { rows, version: etagOf(texts.join()).slice(3, -1), pageEtags: etagsOf(page), page };
}

function etagsOf(page: InventoryView['page']): string[] {
  const etags: string[] = [];
  let after: string | undefined;
  do {
    const { etag, last } = page({}, MAX_INVENTORY_ROWS, after);
    etags.push(etag);
    after = last;
  } while (after !== undefined);
  return etags;
}

function pageOf(
  rows: readonly InventoryRow[],
  texts: readonly string[],
  filter: InventoryFilter,
  top: number,
  after: string | undefined,
): RowsPage {
  let total = 0;
  const found: string[] = [];
  let last: string | undefined;
  let isMore = false;
  for (const [index, row] of rows.entries()) {
    if (!fits(row, filter)) continue;
    total += 1;
    if (after !== undefined && row.key <= after) continue;
    if (found.length === top) isMore = true;
    else {
      found.push(texts[index] ?? '');
      last = row.key;
    }
  }
  const json = `[${found.join()}]`;
  return {
    etag: etagOf(`${total} ${isMore} ${json}`),
    total,
    rows: json,
    ...(isMore && last !== undefined ? { last } : {}),
  };
}

function fits(
  row: InventoryRow,
  { registry, connectedRegistry, client, state, expiresBefore }: InventoryFilter,
): boolean {
  return (
    (registry === undefined || sameName(row.registry, registry)) &&
    (connectedRegistry === undefined || sameName(row.connectedRegistry, connectedRegistry)) &&
    (client === undefined || row.client === client) &&
    (state === undefined || row.state === state) &&
    (expiresBefore === undefined || new Date(row.expiresOn) < new Date(expiresBefore))
  );
}
