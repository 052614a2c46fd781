import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { laterHash, seenHash, type ClientFacts } from '../world/clientFacts.js';
import { findUnmanaged, laterUnmanagedHash, unmanagedHash } from '../world/unmanagedTokens.js';
import type { PlanEntry } from './planEntry.js';
import type { Chunk } from './rolloutBodies.js';

/** How a client differs from what a plan saw of it. */
export interface Moved extends ClientReference {
  readonly how:
    | 'has changed'
    | 'is gone'
    | 'is new'
    | 'adopts a token that has changed'
    | 'adopts a token that is gone, or a client’s by now'
    | 'names a token that is new';
}

/** What is there, as far as a plan depends on it. */
export interface Sight {
  readonly clients: readonly ClientFacts[];
  /** That belong to no client; empty if the plan adopts none. */
  readonly tokens: readonly UnmanagedToken[];
}

export const NOTHING_SEEN: Sight = { clients: [], tokens: [] };

type Seen = Pick<PlanEntry, 'key' | 'registry' | 'connectedRegistry' | 'client' | 'seen' | 'adopts'>;

/** How fingerprints are made of what is there, to be compared with those in the entries. */
interface Fingerprints {
  readonly ofClient: (facts: ClientFacts) => string;
  readonly ofToken: (token: UnmanagedToken) => string;
}

const OF_PLANS: Fingerprints = { ofClient: seenHash, ofToken: unmanagedHash };

/**
 * Compares the clients of entries with what a plan saw of them.
 * @returns those that moved; none if the plan still holds
 */
export function movedSince(entries: readonly Seen[], now: Sight, fingerprints: Fingerprints = OF_PLANS): Moved[] {
  const present = new Map(now.clients.map((facts) => [facts.key, facts]));
  return [
    ...entries.flatMap((entry): Moved[] => {
      const how = clientMoved(entry, present.get(entry.key), fingerprints);
      return how === undefined ? [] : [{ ...referenceIn(entry), how }];
    }),
    ...entries.flatMap((entry): Moved[] => {
      const how = tokenMoved(entry, now.tokens, fingerprints);
      return how === undefined ? [] : [{ ...referenceIn(entry), how }];
    }),
  ];
}

/** Clients in the scopes of a plan that it has no entry for. */
export function newSince(entries: readonly Pick<Seen, 'key'>[], { clients }: Sight): Moved[] {
  const planned = new Set(entries.map(({ key }) => key));
  return clients.filter(({ key }) => !planned.has(key)).map(({ reference }) => ({ ...reference, how: 'is new' }));
}

/**
 * Compares the clients of a later rollout with how they were before the first. Earlier rollouts of the plan restore
 * scope maps that these clients share, which is no reason to leave these out.
 */
export function movedBetween({ kind, clients }: Chunk, before: Sight, now: Sight): Moved[] {
  const fingerprints = { ofClient: (facts: ClientFacts) => laterHash(facts, kind), ofToken: laterUnmanagedHash };
  const earlier = new Map(before.clients.map((facts) => [facts.key, facts]));
  const entries = clients.map(({ seen: _seen, adopts, ...entry }): Seen => {
    const facts = earlier.get(entry.key);
    const token = adopts === undefined ? undefined : findUnmanaged(before.tokens, entry, adopts.token);
    return {
      ...entry,
      ...(facts === undefined ? {} : { seen: fingerprints.ofClient(facts) }),
      ...(adopts === undefined
        ? {}
        : { adopts: { token: adopts.token, ...(token === undefined ? {} : { seen: fingerprints.ofToken(token) }) } }),
    };
  });
  return movedSince(entries, now, fingerprints);
}

function referenceIn({ registry, connectedRegistry, client }: Seen): ClientReference {
  return { registry, connectedRegistry, client };
}

function clientMoved({ seen }: Seen, facts: ClientFacts | undefined, { ofClient }: Fingerprints) {
  if (!facts) return seen === undefined ? undefined : 'is gone';
  if (seen === undefined) return 'is new';
  return ofClient(facts) === seen ? undefined : 'has changed';
}

/** How the token that a client may adopt differs. */
function tokenMoved(entry: Seen, tokens: readonly UnmanagedToken[], { ofToken }: Fingerprints) {
  const { adopts } = entry;
  if (adopts === undefined) return undefined;
  const token = findUnmanaged(tokens, entry, adopts.token);
  if (!token) return adopts.seen === undefined ? undefined : 'adopts a token that is gone, or a client’s by now';
  if (adopts.seen === undefined) return 'names a token that is new';
  return ofToken(token) === adopts.seen ? undefined : 'adopts a token that has changed';
}
