import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { RolloutPlan } from './rollout.js';

/** Requests of each kind of rollout that change something, for one client of many. */
export interface ClientWrites {
  readonly writes: number;
  readonly deletes: number;
}

/**
 * An onboarding creates a token and generates a password; a rotation generates one; an offboarding disables and deletes the token.
 * Fifty clients share one write of the client list; clients with equal rights share a scope map.
 */
export const WRITES_OF_KIND: Readonly<Record<RolloutKind, ClientWrites>> = {
  onboard: { writes: 2.02, deletes: 0 },
  rotate: { writes: 1, deletes: 0 },
  offboard: { writes: 1.02, deletes: 1 },
  check: { writes: 0, deletes: 0 },
};

/** The shortest time, in seconds, in which Azure Resource Manager accepts what this share of the rows (0 to 1) changes. */
export function floorSeconds(plan: Pick<RolloutPlan, 'kind' | 'subscriptions' | 'rates'>, share: number): number {
  const needs = WRITES_OF_KIND[plan.kind];
  const times = plan.subscriptions.flatMap(({ rows }) =>
    (['writes', 'deletes'] as const).map((kind) => {
      const { capacity, perSecond } = plan.rates[kind];
      return (needs[kind] * rows * share - capacity) / perSecond;
    }),
  );
  return Math.max(0, ...times);
}

/** Requests that change something, for so many rows. */
export function writesOf({ kind }: Pick<RolloutPlan, 'kind'>, rows: number): number {
  const { writes, deletes } = WRITES_OF_KIND[kind];
  return Math.round((writes + deletes) * rows);
}
