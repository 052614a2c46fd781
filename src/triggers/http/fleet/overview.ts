import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientCounts } from '../../../domain/fleet/clientCounts.js';
import { freezesUntil } from '../../../domain/schedules/freezeWindows.js';
import type { Config } from '../../../settings/config.js';
import { conditionalJson, etagOf } from '../answers/conditional.js';
import { JsonText } from '../answers/jsonText.js';
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
  const bodies = keptBody();
  return async (
    request: HttpRequest,
    client: DurableClient,
    _actor: string,
    context: InvocationContext,
  ): Promise<HttpResponseInit> =>
    orNotReadYet(async () => {
      const known = await source({ client, context });
      const { etag, summary } = summaryOf(known, viewOf(known));
      const ages = { clients: ageSeconds(known.fleet.readAt), runs: ageSeconds(known.runs.readAt) };
      return conditionalJson(request, etag, () => bodies(summary, ages), { age: String(ages.clients) });
    });
}

/** Those who ask in the same second get the same body. */
function keptBody() {
  let last: { readonly of: readonly unknown[]; readonly body: JsonText } | undefined;
  return (summary: Ageless, ages: { readonly clients: number; readonly runs: number }): JsonText => {
    const of = [summary, ages.clients, ages.runs];
    if (last?.of.every((part, index) => part === of[index])) return last.body;
    const { runs, ...rest } = summary;
    const whole: Overview = { ...rest, ageSeconds: ages.clients, runs: { ...runs, ageSeconds: ages.runs } };
    const body = new JsonText(JSON.stringify(whole));
    last = { of, body };
    return body;
  };
}

type Ageless = Omit<Overview, 'ageSeconds' | 'runs'> & { readonly runs: Omit<Overview['runs'], 'ageSeconds'> };

interface Summary {
  readonly etag: string;
  readonly summary: Ageless;
}

/** What counts as a change: not that the same was read again. */
function timeless({ asOf: _asOf, runs: { asOf: _runsAsOf, failures, ...runs }, ...rest }: Ageless): object {
  const { since: _since, ...failed } = failures;
  return { ...rest, runs, failed };
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
      inventoryPages: view.pageEtags,
      problems,
      clients: clientCounts(view.rows, now),
      runs: { asOf: runs.readAt.toISOString(), inProgress, failures },
      rollouts: rollouts.map(rolloutViewOf),
      connectedRegistries: fleet.value.connectedRegistries,
      freezes: freezesUntil(config.rotation.freezeWindows, now, new Date(now.getTime() + FREEZES_AHEAD)).map(
        ({ from, until }) => ({ from: from.toISOString(), until: until.toISOString() }),
      ),
    };
    const made = { etag: etagOf(JSON.stringify(timeless(summary))), summary };
    last = { of, made };
    return made;
  };
}
