import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { allPages } from '../api/allPages.js';
import type { Api } from '../api/api.js';
import { routes } from '../api/routes.js';
import { byHandOf, type ByHand } from './plan/byHand.js';
import type { FleetPlan } from './plan/planFile.js';

/** What the adoptions that have succeeded leave to be done by hand. One that failed has left its token as it was. */
export async function leftByHand(
  api: Api,
  plan: Pick<FleetPlan, 'clients'>,
  rollouts: readonly Rollout[],
): Promise<ByHand[]> {
  const planned = new Map(plan.clients.map((entry) => [entry.key, byHandOf(entry)]));
  if ([...planned.values()].every((left) => left.length === 0)) return [];
  const found: ByHand[] = [];
  for (const { id } of rollouts.filter(({ kind, counts }) => kind === 'onboard' && counts.completed > 0)) {
    const pages = allPages((place) => routes.rolloutClients(api, id, { state: 'completed', top: '100', ...place }));
    for await (const { clients } of pages)
      for (const client of clients) found.push(...(planned.get(clientKey(client)) ?? []));
  }
  return found;
}
