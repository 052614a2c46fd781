import type { Api } from '../../api/api.js';
import { counted } from '../../output/counted.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import type { Waiting } from '../../watch/deadline.js';
import type { DesiredFleet } from '../file/desiredFleet.js';
import { API_VERSION } from '../file/fleetSchema.js';
import { readFleetWorld } from '../world/readFleetWorld.js';
import { unmanagedIn } from '../world/unmanagedTokens.js';
import { withItsReason, withListedOnly } from './adoption.js';
import { dryRunOf } from './dryRun.js';
import { planEntries } from './entries.js';
import type { PlanEntry } from './planEntry.js';
import { seenByPlan, type FleetPlan } from './planFile.js';

/** Whether clients may be removed, and how many. */
export interface Removal {
  readonly prune: boolean;
  readonly maxDeletes: number;
}

export interface PlanOrder {
  readonly api: Api;
  readonly fleet: DesiredFleet;
  /** The file's name, and the registry that a flag has named for it, for the plan. */
  readonly from: Pick<FleetPlan, 'file' | 'registry'>;
  readonly removal: Removal;
  /** Whether the app is asked what each change would write. */
  readonly asksApp: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How to wait for a dry run. */
  readonly waiting: (id: string) => Waiting;
}

/** Names in an error. */
const SHOWN = 10;

/**
 * Reads what there is, compares, and asks the app what each change would write.
 * @throws {CommandError} if it would remove too much
 */
export async function makePlan({ api, fleet, from, removal, asksApp, now, waiting }: PlanOrder): Promise<FleetPlan> {
  const madeAt = new Date(now()).toISOString();
  const withIdentity = new Set(fleet.clients.filter(({ row }) => row.identity !== undefined).map(({ key }) => key));
  const world = await readFleetWorld(api, { scopes: fleet.scopes, needsIdentity: (key) => withIdentity.has(key) });
  const mayAdopt = fleet.clients.some(({ row }) => row.adopt === true);
  const tokens = mayAdopt ? await unmanagedIn(api, fleet.scopes) : [];
  const compared = planEntries(fleet, world, tokens, removal.prune);
  checkRemovals(compared, removal);
  const { entries, dryRuns } = asksApp
    ? await dryRunOf(api, compared, fleet.rollout, waiting)
    : { entries: compared.map(withListedOnly), dryRuns: [] };
  return {
    apiVersion: API_VERSION,
    kind: 'FleetPlan',
    app: api.url,
    ...from,
    madeAt,
    seen: seenByPlan(compared),
    scopes: fleet.scopes,
    rollout: fleet.rollout,
    dryRuns,
    clients: entries.map(withItsReason),
  };
}

function checkRemovals(entries: readonly PlanEntry[], { maxDeletes }: Removal): void {
  const removed = entries.filter(({ mark }) => mark === '-');
  if (removed.length <= maxDeletes) return;
  const names = removed.slice(0, SHOWN).map((one) => `  ${one.registry}/${one.connectedRegistry}/${one.client}`);
  const further = removed.length - names.length;
  throw new CommandError(
    EXIT.failed,
    `The plan would remove ${counted(removed.length, 'client')}; --max-deletes allows ${maxDeletes}.`,
    [
      'Nothing was planned. They are there, and not in the file:',
      ...names,
      ...(further > 0 ? [`  and ${further} more`] : []),
    ],
  );
}
