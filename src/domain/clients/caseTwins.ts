import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';

/** Names that differ in case alone are two clients to the hub, and one to a hasty reader. */
const sameName = (left: ClientReference, right: ClientReference): boolean =>
  left.client !== right.client && folded(left) === folded(right);

function folded({ registry, connectedRegistry, client }: ClientReference): string {
  return JSON.stringify([registry, connectedRegistry, client].map((name) => name.toLowerCase()));
}

/** A warning for each client that has such a twin among them. */
export function caseTwinWarnings(clients: readonly ClientReference[]): CheckWarning[] {
  const groups = new Map<string, ClientReference[]>();
  for (const client of clients) groups.set(folded(client), [...(groups.get(folded(client)) ?? []), client]);
  return [...groups.values()].flatMap((group) => {
    const different = [...new Map(group.map((client) => [clientKey(client), client])).values()];
    return different.length < 2 ? [] : [warningOf(different)];
  });
}

/** The same for some clients, of which each is compared with all that are known. */
export function caseTwinsOf(clients: readonly ClientReference[], known: readonly ClientReference[]): CheckWarning[] {
  const wanted = new Set(clients.map(folded));
  return caseTwinWarnings([...clients, ...known.filter((one) => wanted.has(folded(one)))]);
}

/** Instead, where the names of the others are unknown. */
export function namesNotCompared({ registry, connectedRegistry, client }: ClientReference): CheckWarning {
  return {
    code: 'names-not-compared',
    registry,
    connectedRegistry,
    message: `The names of the clients in the vault could not be read in time: whether another one differs from ${client} in the case of its letters alone is unknown.`,
    fix: 'A check of all clients names such clients: POST /api/checks with {}.',
  };
}

/** A part of a check says so much of its ends: what belongs together lies side by side in the vault's order. */
const AT_AN_END = 5;

/** The first and the last clients of a part. */
export interface PartEnds {
  readonly first: readonly ClientReference[];
  readonly last: readonly ClientReference[];
}

export function endsOf(clients: readonly ClientReference[]): PartEnds {
  return { first: clients.slice(0, AT_AN_END), last: clients.slice(-AT_AN_END) };
}

/** Twins of which one is at the end of a part and the other at the beginning of the next. */
export function twinsAcross(parts: readonly (PartEnds | undefined)[]): CheckWarning[] {
  return parts.flatMap((part, index) => {
    const next = parts[index + 1];
    if (!part || !next) return [];
    return part.last.flatMap((left) =>
      next.first.filter((right) => sameName(left, right)).map((right) => warningOf([left, right])),
    );
  });
}

function warningOf(clients: readonly ClientReference[]): CheckWarning {
  const [{ registry, connectedRegistry } = { registry: '', connectedRegistry: '' }] = clients;
  const names = clients.map(({ client }) => client).toSorted();
  return {
    code: 'names-differ-in-case',
    registry,
    connectedRegistry,
    message: `The clients ${names.join(' and ')} differ in the case of their letters alone; each has a credential of its own.`,
    fix: 'If one of them was a mistake, offboard it: POST /api/offboardings.',
  };
}
