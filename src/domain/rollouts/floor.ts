import { REQUESTS_OF_KIND } from './requestsOfKind.js';
import type { RolloutPlan } from './rollout.js';

/** The shortest time, in seconds, in which Azure Resource Manager accepts what this share of the rows (0 to 1) changes. */
export function floorSeconds(plan: Pick<RolloutPlan, 'kind' | 'subscriptions' | 'rates'>, share: number): number {
  const needs = REQUESTS_OF_KIND[plan.kind];
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
  const { writes, deletes } = REQUESTS_OF_KIND[kind];
  return Math.round((writes + deletes) * rows);
}
