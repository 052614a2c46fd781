import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { isYounger } from '../../domain/times/isYounger.js';
import { createDemand } from '../registry/demand.js';
import { pageOfAll, type ReadVaults } from './allVaults.js';

/**
 * Finds the clients whose secrets name a token. A vault has no such query, so the whole listing of all vaults is read,
 * once for all requests within a short time. All methods throw ServiceError.
 */
export interface TokenUsers {
  /**
   * Finds other clients whose secrets name the token. Each is read again before it is named.
   *
   * @param token name of a token in the client's registry.
   * @param age maximum age of the listing, in milliseconds; by default 2 seconds.
   */
  others(token: string, client: ClientReference, age?: number): Promise<readonly OtherUser[]>;
  /** Reads which tokens the secrets name, candidates and disabled ones too. @param age as above. */
  named(age?: number): Promise<(registry: string, token: string) => boolean>;
  /** Whether a secret of this client names the token, read now. @param vaultHost host of the vault to look into */
  names(token: string, client: ClientReference, vaultHost: string): Promise<boolean>;
  /** Lists all clients that have a secret. @param age as above. */
  clients(age?: number): Promise<readonly ClientReference[]>;
  /**
   * Whether no secret has one of these names. It is decided by a listing, which may be a minute old, or up to a quarter
   * of an hour if it has many pages. False also means that it is unknown: reading a listing of several pages would take
   * more requests than reading the secrets does.
   */
  lackSecrets(names: readonly string[]): Promise<boolean>;
}

/** Another client that uses a token, with the tags of its secrets that name the token. */
export interface OtherUser extends ClientReference {
  readonly tags: readonly CredentialTags[];
}

/** Maximum age of a listing for decisions, in milliseconds: requests for many clients share one listing. */
const SHARED_FOR = 2_000;

/**
 * Maximum age of a listing for display and checks, in milliseconds: a check of thousands of clients asks repeatedly.
 */
export const SHOWN_FOR = 60_000;

/**
 * How long a listing shows which secrets do not exist, in milliseconds: the more pages it has, the longer, so that a
 * growing fleet does not read the vault again and again (docs/decisions/0042-how-old-a-fact-may-be.md).
 */
const ABSENCE = { eachPage: 6_000, least: SHOWN_FOR, most: 15 * 60_000 };

/** Milliseconds of requests by which it is judged whether a listing will serve enough of them. */
const OBSERVED = 60_000;

/**
 * Pages of a listing that was found to have more than one, and of which no more is known: those of some 500 secrets.
 */
const MANY_PAGES = 20;

/** Maximum users of a token that are read again and named. */
const MAX_CONFIRMED = 10;

/** A client, and the vault in which a secret of it was found. */
interface PlacedClient {
  readonly reference: ClientReference;
  readonly vaultHost: string;
}

interface Index {
  /** Names of all secrets; lower case. */
  readonly names: ReadonlySet<string>;
  readonly pages: number;
  /** False if further pages were not read. */
  readonly isWhole: boolean;
  readonly clients: ReadonlyMap<string, ClientReference>;
  /** Clients by registry and token, each by its key and the vault of the secret. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, PlacedClient>>;
}

/** Creates the search, with a cache of the vault's listing. */
export function createTokenUsers(vaults: ReadVaults): TokenUsers {
  /** The last listing, and when its read ended; while that lasts, the listing counts as new. */
  let cached: { readAt?: number; readonly index: Promise<Index> } | undefined;
  /** How many pages a listing has; undefined as long as nothing of one has been read. */
  let pages: number | undefined;
  let onePage: Promise<Index> | undefined;
  const demand = createDemand(OBSERVED);

  const atHand = (age: number): Promise<Index> | undefined => {
    if (!cached) return undefined;
    const { readAt } = cached;
    return readAt === undefined || isYounger(readAt, age, Date.now()) ? cached.index : undefined;
  };

  /** A failed read is not kept. */
  const index = (age = SHARED_FOR): Promise<Index> => {
    const known = atHand(age);
    if (known) return known;
    const entry: NonNullable<typeof cached> = { index: readIndex(vaults) };
    cached = entry;
    entry.index.then(
      (found) => {
        entry.readAt = Date.now();
        ({ pages } = found);
      },
      () => {
        if (cached === entry) cached = undefined;
      },
    );
    return entry.index;
  };

  /**
   * Whether the only page of a listing that is read now lacks these names; undefined if it is not the only one. One
   * page costs less than the single reads of one client.
   */
  async function onePageLacks(wanted: readonly string[]): Promise<boolean | undefined> {
    onePage ??= readIndex(vaults, 1).finally(() => (onePage = undefined));
    const { isWhole, names } = await onePage;
    if (!isWhole) pages ??= MANY_PAGES;
    return isWhole ? lacks(names, wanted) : undefined;
  }

  return {
    others: async (token, client, age) => {
      const users = (await index(age)).users.get(keyOf(client.registry, token));
      const own = clientKey(client);
      const seeming = [...(users ?? [])]
        .map(([, one]) => one)
        .filter(({ reference }) => clientKey(reference) !== own)
        .slice(0, MAX_CONFIRMED);
      const looked = await Promise.all(seeming.map((one) => lookAgain(token, one)));
      return looked.filter(({ tags }) => tags.length > 0);
    },
    named: async (age) => {
      const { users } = await index(age);
      return (registry, token) => users.has(keyOf(registry, token));
    },
    names: async (token, reference, vaultHost) => (await lookAgain(token, { reference, vaultHost })).tags.length > 0,
    clients: async (age) => [...(await index(age)).clients.values()],
    lackSecrets: async (wanted) => {
      const listed = pages ?? MANY_PAGES;
      const usedFor = Math.min(ABSENCE.most, Math.max(ABSENCE.least, listed * ABSENCE.eachPage));
      const singleReads = (demand('') * wanted.length * usedFor) / OBSERVED;
      if (atHand(usedFor) || singleReads >= listed) return lacks((await index(usedFor)).names, wanted);
      return pages === undefined && (await onePageLacks(wanted)) === true;
    },
  };

  async function lookAgain(token: string, { reference, vaultHost }: PlacedClient): Promise<OtherUser> {
    const vault = vaults.of(vaultHost);
    const names = [mainSecretName(reference), candidateSecretName(reference)];
    const listings = await Promise.all(names.map((name) => vault.newest(name)));
    const tags = listings
      .flatMap((listing) => (listing && parseTags(listing.tags)) ?? [])
      .filter((one) => keyOf(one.registry, one.token) === keyOf(reference.registry, token));
    return { ...reference, tags };
  }
}

/** @param most maximum number of pages to read. */
async function readIndex(vaults: ReadVaults, most = Number.POSITIVE_INFINITY): Promise<Index> {
  const clients = new Map<string, ClientReference>();
  const users = new Map<string, Map<string, PlacedClient>>();
  const names = new Set<string>();
  let pages = 0;
  let next: string | undefined;
  for (; pages < most && (pages === 0 || next !== undefined); pages += 1) {
    const page = await pageOfAll(vaults, next);
    next = page.continuation;
    for (const { name, tags, vaultHost } of page.secrets) {
      names.add(name.toLowerCase());
      const found = parseTags(tags);
      if (!found) continue;
      const reference = referenceOf(found);
      const key = clientKey(reference);
      clients.set(key, reference);
      const token = keyOf(found.registry, found.token);
      const known = users.get(token) ?? new Map<string, PlacedClient>();
      users.set(token, known.set(`${key} ${vaultHost}`, { reference, vaultHost }));
    }
  }
  return { clients, users, names, pages, isWhole: next === undefined };
}

function lacks(names: ReadonlySet<string>, wanted: readonly string[]): boolean {
  return wanted.every((name) => !names.has(name.toLowerCase()));
}

function keyOf(registry: string, token: string): string {
  return `${registry}/${token}`.toLowerCase();
}
