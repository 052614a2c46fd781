import { givesAccess } from '../../domain/rollouts/requestsOfKind.js';
import { checkGroups } from '../../domain/rollouts/checkGroups.js';
import type { PlannedRow } from '../../domain/rollouts/startPlan.js';
import type { Pace } from '../../ports/pace.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { RoundOfRuns } from './rowRuns.js';

/** Rows after which one round starts no more, so that a pause takes effect soon. */
const MAX_STARTS = 250;

/** Maximum busy clients that one round tries to start again. */
const MAX_BUSY_TRIES = 50;

/**
 * Seconds within which the started work must be able to send its requests: more than a round takes, so that no budget
 * is idle.
 */
const WITHIN = 30;

/**
 * The same for a wave of a sweep, so that rollouts and profiles, which fill the budget again and again, leave room for
 * it. Profiles have that of rollouts: with a longer one, many of them at once would leave a rollout none.
 */
const SWEEP_WITHIN = 60;

/** A row that gives access sends up to twice as many requests of a kind as one that does not: 4.02 writes for 2.02. */
const ACCESS_COUNTS_AS = 2;

const countOf = (counts: ReadonlyMap<string, number>, subscription: string): number => counts.get(subscription) ?? 0;

interface AdmissionTools {
  readonly pace: Pick<Pace, 'room'>;
  readonly config: Pick<Config, 'registries'>;
}

/** The rows to start now: as many as the budgets have room for. Rows of one check start together or not at all. */
export function admittedRows(
  { plan, at }: RoundOfRuns,
  rows: readonly PlannedRow[],
  { pace, config }: AdmissionTools,
): readonly PlannedRow[] {
  const within = plan.source?.kind === 'sweep' ? SWEEP_WITHIN : WITHIN;
  const rooms = new Map<string, number>();
  const plain = new Map<string, number>();
  const giving = new Map<string, number>();
  const chosen: PlannedRow[] = [];
  const units = plan.kind === 'check' ? checkGroups(plan, rows) : ordered(rows, at).map((row) => [row]);
  for (const unit of units) {
    if (chosen.length >= MAX_STARTS) break;
    // A check may be larger than the room. Its reads then wait for their turn.
    if (!unit.every(({ request }) => leftFor(request) > 0)) continue;
    for (const row of unit) {
      const counts = givesAccess(plan.kind, row.request) ? giving : plain;
      const subscription = subscriptionOf(row.request.registry);
      counts.set(subscription, countOf(counts, subscription) + 1);
      chosen.push(row);
    }
  }
  return chosen;

  /** Registries of one subscription share its budgets. */
  function subscriptionOf(registry: string): string {
    return findRegistry(config, registry)?.subscriptionId ?? registry;
  }

  /**
   * Rows of this kind that may still start. Rows that also give access draw on the budget of one vault, wherever their
   * registries are.
   */
  function leftFor(request: PlannedRow['request']): number {
    const subscription = subscriptionOf(request.registry);
    const others = countOf(plain, subscription);
    if (!givesAccess(plan.kind, request))
      return roomOf(request.registry, false) - others - ACCESS_COUNTS_AS * countOf(giving, subscription);
    return roomOf(request.registry, true) - others - [...giving.values()].reduce((sum, count) => sum + count, 0);
  }

  function roomOf(registry: string, gives: boolean): number {
    const key = `${subscriptionOf(registry)} ${gives}`;
    const work = { registry, kind: plan.kind, ...(gives ? { givesAccess: true } : {}) };
    const room = rooms.get(key) ?? pace.room(work, within);
    rooms.set(key, room);
    return room;
  }
}

/** Busy clients come last, and not always the same ones first. @param at ISO 8601 */
function ordered(rows: readonly PlannedRow[], at: string): readonly PlannedRow[] {
  const busy = rows.filter(({ status }) => status.busyFrom !== undefined);
  const first = busy.length === 0 ? 0 : Math.floor(Date.parse(at) / 1000) % busy.length;
  const again = [...busy.slice(first), ...busy.slice(0, first)].slice(0, MAX_BUSY_TRIES);
  return [...bySite(rows.filter(({ status }) => status.busyFrom === undefined)), ...again];
}

/**
 * Rows of one connected registry after each other, in the order of their first rows. They share writes of its client
 * list if they start together.
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
