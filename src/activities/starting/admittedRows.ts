import type { PlannedRow, StartPlan } from '../../domain/rollouts/startPlan.js';
import type { Pace } from '../../ports/pace.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { RoundOfRuns } from './rowRuns.js';

/** Maximum rows that one round starts, so that a pause takes effect soon. */
const MAX_STARTS = 250;

/** Maximum busy clients that one round tries to start again. */
const MAX_BUSY_TRIES = 50;

/** Seconds within which the started work must be able to send its requests: more than a round takes, so that no budget is idle. */
const ROLLOUT_WITHIN = 30;

/** More than a rollout's, so that a rollout, which fills the budget again and again, leaves room for sweeps and events. */
const OTHERS_WITHIN = 60;

/** The waiting rows to start now. Busy clients come last, and not always the same ones first. */
export function admittedRows(
  { plan, at }: Pick<RoundOfRuns, 'at'> & { readonly plan: Pick<StartPlan, 'kind' | 'source'> },
  rows: readonly PlannedRow[],
  { pace, config }: { readonly pace: Pick<Pace, 'room'>; readonly config: Pick<Config, 'registries'> },
): readonly PlannedRow[] {
  const within = plan.source === undefined ? ROLLOUT_WITHIN : OTHERS_WITHIN;
  const busy = rows.filter(({ status }) => status.busySince !== undefined);
  const first = busy.length === 0 ? 0 : Math.floor(Date.parse(at) / 1000) % busy.length;
  const again = [...busy.slice(first), ...busy.slice(0, first)].slice(0, MAX_BUSY_TRIES);
  const ordered = [...bySite(rows.filter(({ status }) => status.busySince === undefined)), ...again];
  const rooms = new Map<string, number>();
  const chosen: PlannedRow[] = [];
  for (const row of ordered) {
    if (chosen.length >= MAX_STARTS) break;
    const { registry } = row.request;
    // Registries of one subscription share its budgets.
    const subscription = findRegistry(config, registry)?.subscriptionId ?? registry;
    const room = rooms.get(subscription) ?? pace.room({ registry, kind: plan.kind }, within);
    if (room > 0) chosen.push(row);
    rooms.set(subscription, room - 1);
  }
  return chosen;
}

/**
 * Rows of one connected registry after each other, in the order of their first rows. They share writes of its client list if they
 * start together.
 */
function bySite(rows: readonly PlannedRow[]): readonly PlannedRow[] {
  const sites = new Map<string, PlannedRow[]>();
  for (const row of rows) {
    const site = `${row.request.registry} ${row.request.connectedRegistry}`.toLowerCase();
    const found = sites.get(site);
    if (found) found.push(row);
    else sites.set(site, [row]);
  }
  return [...sites.values()].flat();
}
