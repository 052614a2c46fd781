import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import type { RolloutFields } from '../../api/requests.js';
import type { DesiredFleet } from '../file/desiredFleet.js';
import type { PlanEntry } from './planEntry.js';

/** Clients of one rollout. */
export interface Chunk {
  readonly kind: 'onboard' | 'offboard';
  readonly clients: readonly PlanEntry[];
}

/** Maximum bytes of the rows of one request: the API takes 8 MB. */
const MAX_BYTES = 6_000_000;

/** The rollouts of a plan, in their order: everything that is added or changed before anything that is removed. */
export function chunksOf(entries: readonly PlanEntry[]): Chunk[] {
  const changes = entries.filter(({ mark, row }) => (mark === '+' || mark === '~') && row !== undefined);
  const removals = entries.filter(({ mark }) => mark === '-');
  return [
    ...split(changes).map((clients): Chunk => ({ kind: 'onboard', clients })),
    ...split(removals).map((clients): Chunk => ({ kind: 'offboard', clients })),
  ];
}

function split(entries: readonly PlanEntry[]): PlanEntry[][] {
  const parts: PlanEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = parts.at(-1);
    const more = Buffer.byteLength(JSON.stringify(rowOf(entry)));
    if (last && last.length < MAX_ROLLOUT_ROWS && bytes + more <= MAX_BYTES) {
      last.push(entry);
      bytes += more;
    } else {
      parts.push([entry]);
      bytes = more;
    }
  }
  return parts;
}

function rowOf({ mark, row, registry, connectedRegistry, client }: PlanEntry) {
  return mark === '-' || row === undefined ? { registry, connectedRegistry, client } : row;
}

/** The request for a rollout. */
export function rolloutBodyOf(
  { kind, clients }: Chunk,
  { waves, failureLimit, freezeWindows, ...others }: DesiredFleet['rollout'],
  name: string,
): RolloutFields {
  // A field of fleet files that is not named here would be sent without the compiler's look at it.
  others satisfies Record<string, never>;
  return { name, kind, waves, failureLimit, freezeWindows, clients: clients.map(rowOf) };
}
