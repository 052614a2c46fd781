import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientCounts } from '../../../domain/fleet/clientCounts.js';
import { freezesUntil } from '../../../domain/schedules/freezeWindows.js';
import type { Config } from '../../../settings/config.js';
import { conditionalJson, etagOf } from '../answers/conditional.js';
import { viewOf as rolloutViewOf } from '../rollouts/rolloutAnswers.js';
import type { FleetSource, KnownFleet } from './fleetSource.js';
import type { InventoryView } from './inventoryView.js';
import { ageSeconds, orNotReadYet } from './notReadYet.js';

/** Milliseconds ahead for which freezes are listed. */
const FREEZES_AHEAD = 35 * 86_400_000;

/** `GET /api/overview`: the fleet in numbers, from the snapshot. */
export function getOverview(
  config: Pick<Config, 'rotation'>,
  source: FleetSource,
  viewOf: (known: KnownFleet) => InventoryView,
) {
  const summaryOf = createSummary(config);
  return async (
    request: HttpRequest,
    client: DurableClient,
    _actor: string,
    context: InvocationContext,
  ): Promise<HttpResponseInit> =>
    orNotReadYet(async () => {
      const known = await source({ client, context });
      const { etag, summary } = summaryOf(known, viewOf(known));
      const age = ageSeconds(known.fleet.readAt);
      const body = (): string => {
        const { runs, ...rest } = summary;
        const ofRuns = { ...runs, ageSeconds: ageSeconds(known.runs.readAt) };
        return JSON.stringify({ ...rest, ageSeconds: age, runs: ofRuns } satisfies Overview);
      };
      return conditionalJson(request, etag, body, { age: String(age) });
    });
}

type Ageless = Omit<Overview, 'ageSeconds' | 'runs'> & { readonly runs: Omit<Overview['runs'], 'ageSeconds'> };

interface Summary {
  readonly etag: string;
  readonly summary: Ageless;
}

/** Computes the overview without its age, once for each reading. */
function createSummary(config: Pick<Config, 'rotation'>): (known: KnownFleet, view: InventoryView) => Summary {
  let last: { readonly of: readonly unknown[]; readonly made: Summary } | undefined;
  return ({ fleet, runs, problems }, view) => {
    const of = [fleet.value, fleet.failed, runs.value, runs.failed];
    if (last?.of.every((part, index) => part === of[index])) return last.made;
    const { inProgress, failures, rollouts } = runs.value;
    const now = new Date();
    const summary: Ageless = {
      asOf: fleet.readAt.toISOString(),
      inventory: view.version,
      problems,
      clients: clientCounts(view.rows, now),
      runs: { asOf: runs.readAt.toISOString(), inProgress, failures },
      rollouts: rollouts.map(rolloutViewOf),
      connectedRegistries: fleet.value.connectedRegistries,
      freezes: freezesUntil(config.rotation.freezeWindows, now, new Date(now.getTime() + FREEZES_AHEAD)).map(
        ({ from, until }) => ({ from: from.toISOString(), until: until.toISOString() }),
      ),
    };
    const made = { etag: etagOf(JSON.stringify(summary)), summary };
    last = { of, made };
    return made;
  };
}
