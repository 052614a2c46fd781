import { REQUESTS_OF_ACCESS, REQUESTS_OF_KIND } from './requestsOfKind.js';
import type { RolloutPlan, RowsWithAccess } from './rollout.js';

/**
 * The shortest time, in seconds, in which Azure Resource Manager accepts what this share of the rows (0 to 1) changes.
 */
export function floorSeconds(
  plan: Pick<RolloutPlan, 'kind' | 'subscriptions' | 'access' | 'rates'>,
  share: number,
): number {
  const needs = REQUESTS_OF_KIND[plan.kind];
  const access = accessOf(plan);
  const work = plan.subscriptions.map(({ id, rows }) => ({
    rows,
    given: sumOf(access.filter(({ subscription }) => subscription === id)),
  }));
  // A vault's subscription may have none of the registries.
  for (const { subscription, rows } of access)
    if (!plan.subscriptions.some(({ id }) => id === subscription)) work.push({ rows: 0, given: rows });
  const times = work.flatMap(({ rows, given }) =>
    (['writes', 'deletes'] as const).map((kind) => {
      const { capacity, perSecond } = plan.rates[kind];
      return ((needs[kind] * rows + REQUESTS_OF_ACCESS[kind] * given) * share - capacity) / perSecond;
    }),
  );
  return Math.max(0, ...times);
}

/** Requests that change something, for so many of the plan's rows, of which as many name an identity as of all. */
export function writesOf(plan: Pick<RolloutPlan, 'kind' | 'access' | 'rows'>, rows: number): number {
  const { kind, rows: all } = plan;
  const { writes, deletes } = REQUESTS_OF_KIND[kind];
  const given = (sumOf(accessOf(plan)) * rows) / all;
  return Math.round((writes + deletes) * rows + REQUESTS_OF_ACCESS.writes * given);
}

/** Rows with access, by the subscription of their vault. */
function accessOf({ access }: Pick<RolloutPlan, 'access'>): readonly RowsWithAccess[] {
  if (access === undefined) return [];
  return access.others === undefined ? [access] : [access, ...access.others];
}

function sumOf(access: readonly RowsWithAccess[]): number {
  return access.reduce((sum, { rows }) => sum + rows, 0);
}
