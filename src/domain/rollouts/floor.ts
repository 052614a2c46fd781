import { REQUESTS_OF_ACCESS, REQUESTS_OF_KIND } from './requestsOfKind.js';
import type { RolloutPlan } from './rollout.js';

/** The shortest time, in seconds, in which Azure Resource Manager accepts what this share of the rows (0 to 1) changes. */
export function floorSeconds(
  plan: Pick<RolloutPlan, 'kind' | 'subscriptions' | 'access' | 'rates'>,
  share: number,
): number {
  const needs = REQUESTS_OF_KIND[plan.kind];
  const { access } = plan;
  const work = plan.subscriptions.map(({ id, rows }) => ({
    rows,
    given: access?.subscription === id ? access.rows : 0,
  }));
  // The vault's subscription may have none of the registries.
  if (access && !plan.subscriptions.some(({ id }) => id === access.subscription))
    work.push({ rows: 0, given: access.rows });
  const times = work.flatMap(({ rows, given }) =>
    (['writes', 'deletes'] as const).map((kind) => {
      const { capacity, perSecond } = plan.rates[kind];
      return ((needs[kind] * rows + REQUESTS_OF_ACCESS[kind] * given) * share - capacity) / perSecond;
    }),
  );
  return Math.max(0, ...times);
}

/** Requests that change something, for so many of the plan's rows, of which as many name an identity as of all. */
export function writesOf(
  { kind, access, rows: all }: Pick<RolloutPlan, 'kind' | 'access' | 'rows'>,
  rows: number,
): number {
  const { writes, deletes } = REQUESTS_OF_KIND[kind];
  const given = access === undefined ? 0 : (access.rows * rows) / all;
  return Math.round((writes + deletes) * rows + REQUESTS_OF_ACCESS.writes * given);
}
