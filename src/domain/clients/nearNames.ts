import { sameName } from '@connected-registry/protocol/names/sameName';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** Maximum names that are suggested. */
const MAX_NEAR = 5;

/** Characters of a name that are compared: the maximum length of a device id. */
const MAX_CHARACTERS = 128;

/**
 * Suggests known clients whose names are similar to an unknown one, closest first: the same name at another connected
 * registry, another case, or a few letters changed, removed or added.
 */
export function nearClients(wanted: ClientReference, known: readonly ClientReference[]): ClientReference[] {
  return known
    .filter(({ registry }) => sameName(registry, wanted.registry))
    .map((client) => ({ client, distance: distanceOf(wanted, client) }))
    .filter(({ distance }) => distance <= maxChanges(wanted.client))
    .toSorted((left, right) => left.distance - right.distance || (left.client.client < right.client.client ? -1 : 1))
    .slice(0, MAX_NEAR)
    .map(({ client }) => client);
}

/** Letters that may differ: a third of the name, at least 1 and at most 3. */
function maxChanges(name: string): number {
  return Math.max(1, Math.min(3, Math.floor(name.length / 3)));
}

/** Another connected registry counts as one change; another case too, however many letters it affects. */
function distanceOf(wanted: ClientReference, client: ClientReference): number {
  const sameRegistry = sameName(wanted.connectedRegistry, client.connectedRegistry);
  const elsewhere = sameRegistry ? 0 : 1;
  if (wanted.client === client.client) return elsewhere;
  // At another connected registry, only an identical name is suggested.
  if (!sameRegistry) return Number.POSITIVE_INFINITY;
  if (sameName(wanted.client, client.client)) return 1;
  return editDistance(wanted.client.toLowerCase(), client.client.toLowerCase());
}

/** Letters to change, remove or add (Levenshtein) in the first {@link MAX_CHARACTERS} characters. */
export function editDistance(left: string, right: string): number {
  const [from, to] = [left.slice(0, MAX_CHARACTERS), right.slice(0, MAX_CHARACTERS)];
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
