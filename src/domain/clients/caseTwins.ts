import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';

/** Whether two clients' names differ only in case. IoT Hub treats them as two devices; people may confuse them. */
const differInCase = (left: ClientReference, right: ClientReference): boolean =>
  left.client !== right.client && folded(left) === folded(right);

function folded({ registry, connectedRegistry, client }: ClientReference): string {
  return JSON.stringify([registry, connectedRegistry, client].map((name) => name.toLowerCase()));
}

/** One warning for each group of clients whose names differ only in case. */
export function caseTwinWarnings(clients: readonly ClientReference[]): CheckWarning[] {
  const groups = new Map<string, ClientReference[]>();
  for (const client of clients) groups.set(folded(client), [...(groups.get(folded(client)) ?? []), client]);
  return [...groups.values()].flatMap((group) => {
    const different = [...new Map(group.map((client) => [clientKey(client), client])).values()];
    return different.length < 2 ? [] : [warningOf(different)];
  });
}

/** As {@link caseTwinWarnings}, for some clients, each compared with all known ones. */
export function caseTwinsOf(clients: readonly ClientReference[], known: readonly ClientReference[]): CheckWarning[] {
  const wanted = new Set(clients.map(folded));
  return caseTwinWarnings([...clients, ...known.filter((one) => wanted.has(folded(one)))]);
}

/** The warning in place of {@link caseTwinsOf} if the names of the other clients are unknown. */
export function namesNotCompared({ registry, connectedRegistry, client }: ClientReference): CheckWarning {
  return {
    code: 'names-not-compared',
    registry,
    connectedRegistry,
    message: `The names of the clients in the vault could not be read in time, so it is unknown whether another client's name differs from ${client} only in case.`,
    fix: 'Check all clients to find such names: POST /api/checks with {}.',
  };
}

/**
 * Clients at each end of a part that are compared with the adjacent part. The vault's order puts similar names
 * together.
 */
const CLIENTS_AT_END = 5;

/** The first and last clients of a part of a check. */
export interface PartEnds {
  readonly first: readonly ClientReference[];
  readonly last: readonly ClientReference[];
}

/** The ends of a part. @param clients the part's clients in the vault's order */
export function endsOf(clients: readonly ClientReference[]): PartEnds {
  return { first: clients.slice(0, CLIENTS_AT_END), last: clients.slice(-CLIENTS_AT_END) };
}

/** Warnings for names that differ only in case, one at the end of a part and one at the beginning of the next. */
export function twinsAcross(parts: readonly (PartEnds | undefined)[]): CheckWarning[] {
  return parts.flatMap((part, index) => {
    const next = parts[index + 1];
    if (!part || !next) return [];
    return part.last.flatMap((left) =>
      next.first.filter((right) => differInCase(left, right)).map((right) => warningOf([left, right])),
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
    message: `The clients ${names.join(' and ')} differ only in case; each has its own credential.`,
    fix: 'If one of them was a mistake, offboard it: POST /api/offboardings.',
  };
}
