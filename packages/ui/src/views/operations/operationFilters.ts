import type { OperationKind, OperationStatus } from '@connected-registry/protocol/answers/answers';
import type { Parameters } from '../../data/api.js';
import { DAY } from '../../format/times.js';
import type { Query } from '../../routing/address.js';

export const KINDS = ['onboard', 'rotate', 'check', 'offboard', 'revoke'] as const satisfies readonly OperationKind[];
export const STATUSES = ['running', 'failed', 'rolledBack', 'completed'] as const satisfies readonly OperationStatus[];

/** How far back, in words, with milliseconds. */
export const SPANS = [
  ['the last hour', DAY / 24],
  ['the last day', DAY],
  ['the last 7 days', 7 * DAY],
] as const;

/** Operations of one page. */
const TOP = 50;

/** What the view's address selects; what is no known value selects nothing. */
export interface OperationFilters {
  readonly kind: OperationKind | undefined;
  readonly statuses: readonly OperationStatus[];
  /** Codes of failures, with commas between, as the API takes them. */
  readonly code: string | undefined;
  /** An instant: what had not ended by then. */
  readonly since: string | undefined;
}

export function operationFiltersOf(query: Query): OperationFilters {
  const statuses = new Set((query['status'] ?? '').split(','));
  const { since, code } = query;
  return {
    kind: KINDS.find((kind) => kind === query['kind']),
    statuses: STATUSES.filter((status) => statuses.has(status)),
    code: code === '' ? undefined : code,
    since: since === undefined || Number.isNaN(Date.parse(since)) ? undefined : since,
  };
}

/** The same as parameters of `GET /api/operations`. */
export function operationParameters(
  { kind, statuses, code, since }: OperationFilters,
  continuation: string | undefined,
): Parameters {
  return {
    top: TOP,
    kind,
    status: statuses.length === 0 ? undefined : statuses.join(','),
    code,
    since,
    continuation,
  };
}

/** The address's value after a status was switched on or off; undefined if none is on. */
export function toggled(statuses: readonly OperationStatus[], status: OperationStatus): string | undefined {
  const on = STATUSES.filter((one) => (one === status) !== statuses.includes(one));
  return on.length === 0 ? undefined : on.join(',');
}
