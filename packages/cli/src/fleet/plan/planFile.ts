import { clientKey, shortHash, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { onboardingRow, rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import { clientName } from '@connected-registry/protocol/requests/clientsRequest';
import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { rowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import { z } from 'zod';
import { API_VERSION } from '../file/fleetSchema.js';
import { MARKS } from './verdict.js';
import type { PlanEntry } from './planEntry.js';

const { registry, connectedRegistry, client } = clientName.shape;
const texts = z.array(z.string()).readonly();

const entry = z.strictObject({
  mark: z.enum(MARKS),
  key: z.string(),
  registry: registry.unwrap(),
  connectedRegistry,
  client,
  reasons: texts,
  place: z.string().exactOptional(),
  seen: z.string().exactOptional(),
  sawIdentity: z.literal(true).exactOptional(),
  row: onboardingRow.exactOptional(),
  writes: texts.exactOptional(),
  problems: texts.exactOptional(),
  refusals: z.array(rowReason).readonly().exactOptional(),
  adopts: z
    .strictObject({
      token: z.string(),
      seen: z.string().exactOptional(),
      how: z.string().exactOptional(),
      working: z.array(z.enum(SLOT_NAMES)).readonly().exactOptional(),
    })
    .exactOptional(),
});

const scope = z.strictObject({ registry: registry.unwrap(), connectedRegistry });

const { waves, failureLimit, freezeWindows } = rolloutBody.shape;

/** A plan as it is kept in a file, and as JSON has it. It holds names and rights, and no secrets. */
export const fleetPlan = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('FleetPlan'),
  /** Address of the app that was asked. */
  app: z.string(),
  /** The fleet file, as it was named. */
  file: z.string(),
  /** Registry of connected registries that the file names without one, if a flag has named it. */
  registry: z.string().exactOptional(),
  madeAt: z.iso.datetime(),
  /** Fingerprint of all that the plan saw. */
  seen: z.string(),
  scopes: z.array(scope).readonly(),
  rollout: z.strictObject({ waves, failureLimit, freezeWindows }),
  /**
   * What the app's dry runs said of all changes together: writes to Azure Resource Manager, and seconds at its rates.
   */
  dryRuns: z
    .array(
      z.strictObject({
        kind: z.enum(['onboard', 'offboard']),
        clients: z.int(),
        writes: z.number(),
        seconds: z.number().exactOptional(),
      }),
    )
    .readonly(),
  clients: z.array(entry).readonly(),
});
export type FleetPlan = z.infer<typeof fleetPlan>;

/** @param entries of every client in the scopes of the plan */
export function seenByPlan(entries: readonly Pick<PlanEntry, 'key' | 'seen'>[]): string {
  const parts = entries.map(({ key, seen }) => [key, seen === undefined ? 'absent' : seen]);
  return shortHash(
    parts.sort(([left = ''], [right = '']) => (left < right ? -1 : 1)),
    32,
  );
}

/**
 * The first entry that is not about one client of the plan's scopes: its key, its row and its name are those of one
 * client, and no other entry has it. What is compared with the world, what is shown and what is sent would differ
 * otherwise. The same holds for an entry that does not have what its mark needs: an addition that cannot be sent would
 * count as nothing to do, and removals would go on without it.
 */
export function strayEntry({ clients, scopes }: Pick<FleetPlan, 'clients' | 'scopes'>): ClientReference | undefined {
  const keys = new Set<string>();
  return clients.find((one) => {
    const isNew = !keys.has(one.key);
    keys.add(one.key);
    // A row without a registry would be sent to whichever the app has.
    const named = one.row === undefined ? [one] : [one, { ...one.row, registry: one.row.registry ?? '' }];
    const isOfOne = named.every((reference) => clientKey(reference) === one.key);
    return !isNew || !isOfOne || !fitsMark(one) || !scopes.some((scope) => isIn(scope, one));
  });
}

/** What is added or changed has a row to send; what is removed is not in the file. */
function fitsMark({ mark, row, place }: FleetPlan['clients'][number]): boolean {
  const isSent = mark === '+' || mark === '~';
  return isSent === (row !== undefined) && (mark === '-' ? place === undefined : !isSent || place !== undefined);
}

function isIn(scope: FleetPlan['scopes'][number], one: ClientReference): boolean {
  return sameName(scope.registry, one.registry) && sameName(scope.connectedRegistry, one.connectedRegistry);
}
