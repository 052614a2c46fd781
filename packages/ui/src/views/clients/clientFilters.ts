import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { DAY } from '../../format/times.js';
import type { Query } from '../../routing/address.js';
import { STATES } from './clientStates.js';

/** What is chosen, as the address has it. */
export interface ClientFilters {
  readonly states: ReadonlySet<ClientState>;
  readonly registry?: string;
  readonly connectedRegistry?: string;
  /** Expires within so many days. */
  readonly expiresDays?: number;
  readonly isDue: boolean;
  /** Of the last run. */
  readonly run?: string;
  readonly kind?: string;
  readonly code?: string;
  readonly search: string;
}

/** Parameters of the address that choose clients. */
export const FILTER_PARAMETERS = [
  'state',
  'registry',
  'connectedRegistry',
  'expires',
  'due',
  'run',
  'kind',
  'code',
  'q',
] as const;

export function filtersOf(query: Query): ClientFilters {
  const days = Number(query['expires'] ?? '');
  return {
    states: new Set(STATES.filter((state) => (query['state'] ?? '').split(',').includes(state))),
    ...given('registry', query['registry']),
    ...given('connectedRegistry', query['connectedRegistry']),
    ...(Number.isInteger(days) && days > 0 ? { expiresDays: days } : {}),
    isDue: query['due'] === 'yes',
    ...given('run', query['run']),
    ...given('kind', query['kind']),
    ...given('code', query['code']),
    search: (query['q'] ?? '').trim().toLowerCase(),
  };
}

function given<Name extends string>(name: Name, value: string | undefined): { readonly [Key in Name]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { readonly [Key in Name]: string });
}

/** The clients that match all filters. @param now in milliseconds */
export function selected(rows: readonly InventoryRow[], filters: ClientFilters, now: number): readonly InventoryRow[] {
  return rows.filter((row) => isSelected(row, filters, now));
}

function isSelected(row: InventoryRow, filters: ClientFilters, now: number): boolean {
  const { states, expiresDays, isDue, search } = filters;
  return (
    (states.size === 0 || states.has(row.state)) &&
    isOr(filters.registry, row.registry) &&
    isOr(filters.connectedRegistry, row.connectedRegistry) &&
    isOr(filters.run, row.lastRun?.status) &&
    isOr(filters.kind, row.lastRun?.kind) &&
    isOr(filters.code, row.lastRun?.code) &&
    (expiresDays === undefined || expiresWithin(row, expiresDays, now)) &&
    (!isDue || isRotationDue(row, now)) &&
    (search === '' || isFound(row, search))
  );
}

/** As the overview counts: not those that have expired, nor those that were revoked, which nobody needs to renew. */
function expiresWithin({ state, expiresOn }: InventoryRow, days: number, now: number): boolean {
  const left = Date.parse(expiresOn) - now;
  return state !== 'revoked' && left > 0 && left <= days * DAY;
}

/** As the overview counts. */
function isRotationDue({ state, rotationDueAt }: InventoryRow, now: number): boolean {
  return state !== 'revoked' && Date.parse(rotationDueAt) <= now;
}

/** Whether nothing is wanted, or this. */
function isOr(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}

function isFound({ client, connectedRegistry, registry, key }: InventoryRow, search: string): boolean {
  return (
    client.toLowerCase().includes(search) ||
    connectedRegistry.toLowerCase().includes(search) ||
    registry.toLowerCase().includes(search) ||
    key.toLowerCase().includes(search)
  );
}
