import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { orUndefined } from '../../serviceErrors/serviceError.js';
import { eachOf } from '../eachOf.js';
import { createCache } from '../cache.js';

/** Resources by their names in lower case. */
export type ByName<T> = ReadonlyMap<string, T>;

/** What of a registry is asked about many clients at once. @throws ServiceError */
export interface RegistryReader {
  /** All of them, in one listing. None when there is no such registry. */
  connectedRegistries(registry: string): Promise<readonly ConnectedRegistryFacts[]>;
  /** Those of the names that exist; a listing may hold others besides. */
  tokens(registry: string, names: readonly string[]): Promise<ByName<TokenFacts>>;
  scopeMaps(registry: string, names: readonly string[]): Promise<ByName<ScopeMapFacts>>;
}

interface Options {
  /** How old what is read may be, in milliseconds. Tokens are always read anew, unless all are. */
  readonly freshFor: number;
  /** Lists whatever is asked for, once: all of it will be. */
  readonly all?: boolean;
}

/** Resources on a page of ARM's listings. Not documented; too low a guess costs a few reads more. */
const ON_A_PAGE = 100;

/**
 * Reads with as few calls as it takes: some resources one by one, or all by listing, whichever is less, as far as the
 * registry's size is known: from an earlier listing, or from the clients that its connected registries list.
 */
export function createRegistryReader(controlPlane: RegistryControlPlane, { freshFor, all }: Options): RegistryReader {
  const cache = createCache(freshFor);
  const sizes = new Map<string, number>();

  const connectedRegistries = (registry: string) =>
    cache.read(`connectedRegistries ${registry.toLowerCase()}`, async () => {
      const found = await orNone(controlPlane.listConnectedRegistries(registry));
      const bound = found.reduce((sum, item) => sum + item.clientTokens.length, 0);
      const key = `tokens ${registry.toLowerCase()}`;
      sizes.set(key, Math.max(sizes.get(key) ?? 0, bound));
      return found;
    }).value;

  async function several<T extends { readonly name: string }>(
    key: string,
    names: readonly string[],
    list: () => Promise<T[]>,
    get: (name: string) => Promise<T | undefined>,
  ): Promise<ByName<T>> {
    const wanted = [...new Set(names.map((name) => name.toLowerCase()))];
    const pages = Math.max(1, Math.ceil((sizes.get(key) ?? 0) / ON_A_PAGE));
    const listing = async (): Promise<ByName<T>> => {
      const found = await orNone(list());
      sizes.set(key, found.length);
      return byName(found);
    };
    const mayBeOld = all || key.startsWith('scopeMaps');
    if (mayBeOld && (all || cache.has(key) || wanted.length > pages)) return cache.read(key, listing).value;
    if (wanted.length > pages) return listing();
    const found = await eachOf(wanted, get);
    return byName(found.filter((item) => item !== undefined));
  }

  return {
    connectedRegistries,
    tokens: async (registry, names) => {
      if (!all) await connectedRegistries(registry);
      return several(
        `tokens ${registry.toLowerCase()}`,
        names,
        () => controlPlane.listTokens(registry),
        (name) => controlPlane.getToken(registry, name),
      );
    },
    scopeMaps: (registry, names) => {
      const key = `scopeMaps ${registry.toLowerCase()}`;
      return several(
        key,
        names,
        () => controlPlane.listScopeMaps(registry),
        (name) => cache.read(`${key} ${name}`, () => controlPlane.getScopeMap(registry, name)).value,
      );
    },
  };
}

function byName<T extends { readonly name: string }>(items: readonly T[]): ByName<T> {
  return new Map(items.map((item) => [item.name.toLowerCase(), item]));
}

/** A registry that is not there has nothing. */
async function orNone<T>(list: Promise<T[]>): Promise<T[]> {
  return (await orUndefined(list)) ?? [];
}
