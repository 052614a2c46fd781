import { gzipSync } from 'node:zlib';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import type { RolloutFields } from '../../api/requests.js';
import type { DesiredFleet } from '../file/desiredFleet.js';
import type { PlanEntry } from './planEntry.js';

/** Clients of one rollout. */
export interface Chunk {
  readonly kind: 'onboard' | 'offboard';
  readonly clients: readonly PlanEntry[];
}

/** Maximum bytes of the rows of one request: the API accepts 8 MB. */
const MAX_BYTES = 6_000_000;
/** The same when they are compressed. The rest of a request is shorter than what this leaves. */
const MAX_COMPRESSED = DEPLOYED_BODY_LIMIT - 100_000;

/** The rollouts of a plan, in their order: everything that is added or changed before anything that is removed. */
export function chunksOf(entries: readonly PlanEntry[]): Chunk[] {
  const changes = entries.filter(({ mark, row }) => (mark === '+' || mark === '~') && row !== undefined);
  const removals = entries.filter(({ mark }) => mark === '-');
  return [
    ...split(changes).map((clients): Chunk => ({ kind: 'onboard', clients })),
    ...split(removals).map((clients): Chunk => ({ kind: 'offboard', clients })),
  ];
}

function split(entries: readonly PlanEntry[]): (readonly PlanEntry[])[] {
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
  return parts.flatMap(fitting);
}

/** Halves the rows until each part is short enough when it is compressed. */
function fitting(entries: readonly PlanEntry[]): (readonly PlanEntry[])[] {
  const rows = JSON.stringify(entries.map(rowOf));
  if (entries.length === 1 || rows.length <= MAX_COMPRESSED || gzipSync(rows).byteLength <= MAX_COMPRESSED)
    return [entries];
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)].flatMap(fitting);
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
