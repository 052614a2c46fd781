import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { STATES } from './clientStates.js';

type Compare = (one: InventoryRow, other: InventoryRow) => number;

const names = new Intl.Collator('en', { numeric: true });
const byName: Compare = (one, other) =>
  names.compare(one.client, other.client) || names.compare(one.connectedRegistry, other.connectedRegistry);
/** What is absent comes last, in both directions of the others. ISO 8601 in UTC sorts as text. */
const byText =
  (value: (row: InventoryRow) => string | undefined): Compare =>
  (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === b) return 0;
    return a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1;
  };

/** Orders by the id of their column. */
const ORDERS: Readonly<Record<string, Compare>> = {
  client: byName,
  registry: (one, other) =>
    names.compare(one.registry, other.registry) || names.compare(one.connectedRegistry, other.connectedRegistry),
  state: (one, other) =>
    STATES.indexOf(one.state) - STATES.indexOf(other.state) || byText(({ expiresOn }) => expiresOn)(one, other),
  expires: byText(({ expiresOn }) => expiresOn),
  due: byText(({ rotationDueAt }) => rotationDueAt),
  verified: byText(({ verifiedAt }) => verifiedAt),
  run: byText(({ lastRun }) => lastRun?.startedAt),
};

/** The worst first. */
export const DEFAULT_SORT = 'state';

/** A sort of the address that there is. */
export function knownSort(sort: string | undefined): string {
  return sort !== undefined && Object.hasOwn(ORDERS, sort.replace(/^-/, '')) ? sort : DEFAULT_SORT;
}

/** Sorted copies of the rows; equal ones by name. */
export function sorted(rows: readonly InventoryRow[], sort: string): InventoryRow[] {
  const compare = ORDERS[sort.replace(/^-/, '')] ?? byName;
  const sign = sort.startsWith('-') ? -1 : 1;
  return [...rows].sort((one, other) => sign * compare(one, other) || byName(one, other));
}
