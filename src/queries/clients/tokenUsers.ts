import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { SecretVault } from '../../ports/secretVault.js';

/**
 * Finds the clients whose secrets name a token. The vault has no such query, so its whole listing is read, once for all requests
 * within a short time. All methods throw ServiceError.
 */
export interface TokenUsers {
  /**
   * Finds other clients whose secrets name the token. Each is read again before it is named.
   *
   * @param token name of a token in the client's registry.
   * @param age maximum age of the listing, in milliseconds; by default 2 seconds.
   */
  others(token: string, client: ClientReference, age?: number): Promise<readonly OtherUser[]>;
  /** Lists all clients that have a secret. @param age as above. */
  clients(age?: number): Promise<readonly ClientReference[]>;
}

/** Another client that uses a token, with the tags of its secrets that name the token. */
export interface OtherUser extends ClientReference {
  readonly tags: readonly CredentialTags[];
}

/** Maximum age of a listing for decisions, in milliseconds: requests for many clients share one listing. */
const SHARED_FOR = 2_000;

/** Maximum age of a listing for display and checks, in milliseconds: a check of thousands of clients asks repeatedly. */
export const SHOWN_FOR = 60_000;

/** Maximum users of a token that are read again and named. */
const MAX_CONFIRMED = 10;

interface Index {
  readonly clients: ReadonlyMap<string, ClientReference>;
  /** Clients by registry and token. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, ClientReference>>;
}

/** Creates the search, with a cache of the vault's listing. */
export function createTokenUsers(vault: Pick<SecretVault, 'page' | 'newest'>): TokenUsers {
  let cached: { readAt: number; readonly index: Promise<Index> } | undefined;

  /** A failed read is not kept. */
  const index = (age = SHARED_FOR): Promise<Index> => {
    if (cached && Date.now() - cached.readAt <= age) return cached.index;
    // Until the read ends, its result counts as new.
    const entry = { readAt: Number.POSITIVE_INFINITY, index: readIndex(vault) };
    cached = entry;
    entry.index.then(
      () => {
        entry.readAt = Date.now();
      },
      () => {
        if (cached === entry) cached = undefined;
      },
    );
    return entry.index;
  };

  return {
    others: async (token, client, age) => {
      const users = (await index(age)).users.get(keyOf(client.registry, token));
      const own = clientKey(client);
      const seeming = [...(users ?? [])].filter(([key]) => key !== own).slice(0, MAX_CONFIRMED);
      const looked = await Promise.all(seeming.map(([, reference]) => lookAgain(token, reference)));
      return looked.filter(({ tags }) => tags.length > 0);
    },
    clients: async (age) => [...(await index(age)).clients.values()],
  };

  async function lookAgain(token: string, reference: ClientReference): Promise<OtherUser> {
    const names = [mainSecretName(reference), candidateSecretName(reference)];
    const listings = await Promise.all(names.map((name) => vault.newest(name)));
    const tags = listings
      .flatMap((listing) => (listing && parseTags(listing.tags)) ?? [])
      .filter((one) => keyOf(one.registry, one.token) === keyOf(reference.registry, token));
    return { ...reference, tags };
  }
}

async function readIndex(vault: Pick<SecretVault, 'page'>): Promise<Index> {
  const clients = new Map<string, ClientReference>();
  const users = new Map<string, Map<string, ClientReference>>();
  for (let next: string | undefined, isFirst = true; isFirst || next !== undefined; isFirst = false) {
    const page = await vault.page(next);
    next = page.continuation;
    for (const { tags } of page.secrets) {
      const found = parseTags(tags);
      if (!found) continue;
      const reference = referenceOf(found);
      const key = clientKey(reference);
      clients.set(key, reference);
      const token = keyOf(found.registry, found.token);
      users.set(token, (users.get(token) ?? new Map<string, ClientReference>()).set(key, reference));
    }
  }
  return { clients, users };
}

function keyOf(registry: string, token: string): string {
  return `${registry}/${token}`.toLowerCase();
}
