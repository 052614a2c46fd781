import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** So many are named. */
const MAX_NEAR = 5;

/** Longest names that are compared, in characters: as long as a device id may be. */
const LONGEST = 128;

/**
 * Known clients whose names are like one that nobody knows, the likest first: the same name at another connected registry,
 * another case, or a few letters changed, left out or added.
 */
export function nearClients(wanted: ClientReference, known: readonly ClientReference[]): ClientReference[] {
  return known
    .filter(({ registry }) => registry.toLowerCase() === wanted.registry.toLowerCase())
    .map((client) => ({ client, distance: distanceOf(wanted, client) }))
    .filter(({ distance }) => distance <= maxChanges(wanted.client))
    .toSorted((left, right) => left.distance - right.distance || (left.client.client < right.client.client ? -1 : 1))
    .slice(0, MAX_NEAR)
    .map(({ client }) => client);
}

/** A third of a short name changed is another name. */
function maxChanges(name: string): number {
  return Math.max(1, Math.min(3, Math.floor(name.length / 3)));
}

/** Another connected registry counts as one change, and so does another case, however many letters it is. */
function distanceOf(wanted: ClientReference, client: ClientReference): number {
  const sameRegistry = wanted.connectedRegistry.toLowerCase() === client.connectedRegistry.toLowerCase();
  const elsewhere = sameRegistry ? 0 : 1;
  if (wanted.client === client.client) return elsewhere;
  // At another connected registry only the very name is meant, perhaps.
  if (!sameRegistry) return Number.POSITIVE_INFINITY;
  if (wanted.client.toLowerCase() === client.client.toLowerCase()) return 1;
  return editDistance(wanted.client.toLowerCase(), client.client.toLowerCase());
}

/** Letters to change, leave out or add (Levenshtein), of names that are no longer than LONGEST. */
export function editDistance(left: string, right: string): number {
  const [from, to] = [left.slice(0, LONGEST), right.slice(0, LONGEST)];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
