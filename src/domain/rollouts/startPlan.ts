import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { FreezeWindow } from '../schedules/freezeWindows.js';
import type { RolloutPlan, RolloutRequest } from './rollout.js';
import type { RowStatus } from './row.js';

/** By what many runs are started: the plan of a rollout, a wave of a rotation sweep, or the clients of a profile. */
export interface StartPlan {
  /** Part of the id of each run, so that a repetition starts nothing twice. */
  readonly id: string;
  readonly kind: RolloutKind;
  /** For the audit: a principal's name, `sweep` or `event`. */
  readonly actor: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** The waves of a rollout; absent if all rows are of one wave. */
  readonly waves?: RolloutPlan['waves'];
  /** Absent for a rollout. */
  readonly source?: StartSource;
}

/** What starts runs without an operator. */
export type StartSource =
  /** The next sweep tries a client again that has another run. */
  | { readonly kind: 'sweep'; readonly freezeWindows: readonly FreezeWindow[] }
  /** A new connected registry. `at`: the event's time (ISO 8601). Each client waits for another run of it. */
  | { readonly kind: 'event'; readonly at: string };

/** A row of a plan. `row`: its number in the plan, from 0, which never changes. */
export interface PlannedRow {
  readonly row: number;
  readonly request: RolloutRequest;
  readonly status: RowStatus;
}

/** The new status of a row; rows that stay as they are have none. */
export interface RowUpdate {
  readonly row: number;
  readonly status: RowStatus;
}

/** The rows of a plan whose runs are not started yet. */
export function waitingRows(requests: readonly RolloutRequest[]): PlannedRow[] {
  return requests.map((request, row) => ({ row, request, status: { state: 'waiting', retry: 0 } }));
}

/** The rows after some of them have changed. */
export function updatedRows(rows: readonly PlannedRow[], changes: readonly RowUpdate[]): PlannedRow[] {
  const statuses = new Map(changes.map(({ row, status }) => [row, status]));
  return rows.map((one) => ({ ...one, status: statuses.get(one.row) ?? one.status }));
}
