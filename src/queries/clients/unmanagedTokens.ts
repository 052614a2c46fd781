import type { UnmanagedFinding, UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { MAX_UNMANAGED, type UnmanagedOfRegistry } from '../../domain/check/checkRun.js';
import { isYounger } from '../../domain/times/isYounger.js';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import { unmanagedPlace, unmanagedTokens, type RegistryListings } from '../../domain/tokens/unmanagedTokens.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import type { Config } from '../../settings/config.js';
import { eachOf } from '../eachOf.js';
import { createSharedRead } from '../sharedRead.js';
import { byName, orNone } from '../registry/listings.js';
import type { RegistryReader } from '../registry/registryReader.js';
import type { TokenUsers } from './tokenUsers.js';

/** Selects unmanaged tokens. Names ignore case. */
interface UnmanagedFilter {
  readonly registry?: string;
  readonly connectedRegistry?: string;
}

/**
 * The start of a page: a registry, and the {@link unmanagedPlace} of the last token before it; absent for the first.
 */
export interface UnmanagedPosition {
  readonly registry: string;
  readonly after?: string;
}

interface FoundTokens {
  readonly tokens: readonly UnmanagedToken[];
  readonly next?: UnmanagedPosition;
}

/**
 * What entities say of a token: its claim, and the record of the client that has it; and the client's run in progress.
 */
export type ReadsClaims = Pick<Runs, 'tokenOwner' | 'record'> & Partial<Pick<Runs, 'running'>>;

/**
 * Finds tokens that are bound to connected registries and belong to no client. Reads only. All methods throw
 * ServiceError.
 */
export interface UnmanagedTokens {
  /**
   * Lists them page by page. The first page is read now, with requests of the same moment; the next ones use its
   * listings for up to a minute.
   *
   * @param claims without them, a token that a run has just bound may be listed
   */
  page(
    filter: UnmanagedFilter,
    top: number,
    from: UnmanagedPosition | undefined,
    claims: ReadsClaims | undefined,
  ): Promise<FoundTokens>;
  /**
   * Finds those of one registry for a check.
   *
   * @param isInUse whether a secret that the check has seen names the token
   * @param isReported whether the check reports the token as unused already
   */
  findings(
    registry: string,
    reader: RegistryReader,
    isInUse: (registry: string, token: string) => boolean,
    isReported: (token: string) => boolean,
    claims: ReadsClaims | undefined,
  ): Promise<UnmanagedOfRegistry>;
}

/** Maximum age of a registry's listings for a page that continues another, in milliseconds. */
const NEXT_PAGE_AGE = 60_000;

/** Maximum registries whose listings one request reads. */
const MAX_REGISTRIES = 5;

/**
 * Permissions after which a page ends, so that scope maps with many of them give shorter pages and not longer answers.
 */
const MAX_ACTIONS = 2_000;

/** Creates the search. @param tokenUsers knows which tokens the secrets name */
export function createUnmanagedTokens(
  { controlPlane, vaults }: Pick<Ports, 'controlPlane' | 'vaults'>,
  config: Pick<Config, 'registries'>,
  tokenUsers: TokenUsers,
): UnmanagedTokens {
  const shared = createSharedRead();
  const last = new Map<string, { readonly readAt: number; readonly listed: RegistryListings }>();

  /** @param age maximum age of listings that an earlier page has read, in milliseconds; 0: reads them now */
  const listings = async (registry: string, age: number): Promise<RegistryListings> => {
    const key = registry.toLowerCase();
    const earlier = last.get(key);
    if (earlier && isYounger(earlier.readAt, age, Date.now())) return earlier.listed;
    const read = async () => {
      const [connectedRegistries, tokens, scopeMaps] = await Promise.all([
        orNone(controlPlane.listConnectedRegistries(registry)),
        orNone(controlPlane.listTokens(registry)),
        orNone(controlPlane.listScopeMaps(registry)),
      ]);
      return { connectedRegistries, tokens: byName(tokens), scopeMaps: byName(scopeMaps) };
    };
    const listed = await shared(key, read);
    last.set(key, { readAt: Date.now(), listed });
    return listed;
  };

  /** The secrets are read after the registry: a client's secret is saved before its token is bound. */
  async function found(registry: string, age: number): Promise<UnmanagedToken[]> {
    const listed = await listings(registry, age);
    const isNamed = await tokenUsers.named();
    return unmanagedTokens(registry, listed, (token) => isNamed(registry, token), new Date());
  }

  /** Adds the client that has claimed the token. @returns undefined if a secret of that client names it by now */
  async function confirmed(
    token: UnmanagedToken,
    claims: ReadsClaims | undefined,
  ): Promise<UnmanagedToken | undefined> {
    const owner = await claims?.tokenOwner(token.registry, token.token);
    if (!owner || !claims) return token;
    const key = clientKey(owner);
    const vaultHost = clientVault(await claims.record(key), key, vaults.hosts);
    // Of a vault that the settings do not list nobody can say whether it has the secret: the token stays listed as
    // claimed.
    if (vaults.hosts.includes(vaultHost) && (await tokenUsers.names(token.token, owner, vaultHost))) return undefined;
    return { ...token, claimedBy: { connectedRegistry: owner.connectedRegistry, client: owner.client } };
  }

  return {
    page: async (filter, top, from, claims) => {
      const names = config.registries
        .map(({ name }) => name)
        .filter((name) => filter.registry === undefined || sameName(name, filter.registry));
      const first = from === undefined ? 0 : names.findIndex((name) => sameName(name, from.registry));
      const rest = first < 0 ? [] : names.slice(first);
      const taken: UnmanagedToken[] = [];
      const done = (next?: UnmanagedPosition) => pageOf(taken, next, claims);
      let actions = 0;
      for (const [index, registry] of rest.entries()) {
        if (index === MAX_REGISTRIES) return done({ registry });
        const after = index === 0 ? from?.after : undefined;
        const all = await found(registry, from === undefined ? 0 : NEXT_PAGE_AGE);
        const fitting = all.filter(
          (token) => fits(token, filter) && (after === undefined || unmanagedPlace(token) > after),
        );
        let last = after;
        for (const token of fitting) {
          const more = token.scopeMap.actions?.length ?? 0;
          const isFull = taken.length === top || (taken.length > 0 && actions + more > MAX_ACTIONS);
          if (isFull) return done({ registry, ...(last === undefined ? {} : { after: last }) });
          taken.push(token);
          actions += more;
          last = unmanagedPlace(token);
        }
      }
      return done();
    },

    findings: async (registry, reader, isInUse, isReported, claims) => {
      const [connectedRegistries, tokens, scopeMaps] = await Promise.all([
        reader.connectedRegistries(registry),
        reader.tokens(registry, []),
        reader.scopeMaps(registry, []),
      ]);
      const isKnown = (token: string): boolean => isInUse(registry, token) || isReported(token);
      const suspects = unmanagedTokens(registry, { connectedRegistries, tokens, scopeMaps }, isKnown, new Date());
      // The listings may be minutes old: the token may be gone, or a client's, by now.
      const looked = await eachOf(suspects.slice(0, MAX_UNMANAGED), async (token) => {
        if (!(await controlPlane.getToken(registry, token.token))) return undefined;
        const again = await confirmed(token, claims);
        const owner = again?.claimedBy;
        // A run that has claimed the token, and has saved no secret yet.
        return owner && (await claims?.running?.({ registry, ...owner })) ? undefined : again;
      });
      const unmanaged = looked.filter((token) => token !== undefined).map(toFinding);
      return { unmanaged, omittedUnmanaged: Math.max(0, suspects.length - MAX_UNMANAGED) };
    },
  };

  async function pageOf(
    taken: readonly UnmanagedToken[],
    next: UnmanagedPosition | undefined,
    claims: ReadsClaims | undefined,
  ): Promise<FoundTokens> {
    const looked = await eachOf(taken, (token) => confirmed(token, claims));
    return { tokens: looked.filter((token) => token !== undefined), ...(next ? { next } : {}) };
  }
}

function fits({ connectedRegistry }: UnmanagedToken, filter: UnmanagedFilter): boolean {
  return filter.connectedRegistry === undefined || sameName(filter.connectedRegistry, connectedRegistry);
}

function toFinding({ registry, connectedRegistry, token, claimedBy }: UnmanagedToken): UnmanagedFinding {
  const remove = FIX_COMMANDS.removeClientToken({ registry, connectedRegistry, token });
  const fix = claimedBy
    ? `By its record it is the token of ${claimedBy.client} of ${claimedBy.connectedRegistry}, which has no secret: onboard that client again, or offboard it. If no device uses the token: ${remove}`
    : `Adopt it: onboard a client with this token and adopt: true; crctl import writes the row of a fleet file. If no device uses it: ${remove}`;
  return { registry, connectedRegistry, token, fix };
}
