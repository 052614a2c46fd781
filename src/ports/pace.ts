import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';

/** Work of one kind on clients of one registry: its requests come from the budgets of the registry's subscription. */
export interface PacedWork {
  readonly registry: string;
  readonly kind: RolloutKind;
  /** Whether it also writes role assignments, from the app's own budget in the vault's subscription. */
  readonly givesAccess?: boolean;
}

/** Says how much work the budgets of Azure Resource Manager can serve. It bounds the runs in progress of a rollout. */
export interface Pace {
  /**
   * Number of clients whose work can be started now, so that their requests are sent within this many seconds and no
   * budget is idle in the meantime. Work that was started a moment ago is counted in.
   */
  room(work: PacedWork, withinSeconds: number): number;
  /** Notes that the work of a client was started. */
  started(work: PacedWork): void;
}
