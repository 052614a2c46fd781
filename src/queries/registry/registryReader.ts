import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { eachOf } from '../eachOf.js';
import { createCache } from '../cache.js';
import { byName, createListings, orNone, type ByName } from './listings.js';

/** Reads resources of a registry for many clients at once. All methods throw ServiceError. */
export interface RegistryReader {
  /** Lists all connected registries; empty when the registry does not exist. */
  connectedRegistries(registry: string): Promise<readonly ConnectedRegistryFacts[]>;
  /** Reads the named tokens that exist. The result may contain other tokens, too. */
  tokens(registry: string, names: readonly string[]): Promise<ByName<TokenFacts>>;
  scopeMaps(registry: string, names: readonly string[]): Promise<ByName<ScopeMapFacts>>;
}

interface Options {
  /** Maximum age of a read, in milliseconds. Tokens are always read again, except with `all`. */
  readonly freshFor: number;
  /** Lists each kind of resource once: the caller will need all of them. */
  readonly all?: boolean;
}

/**
 * Creates a reader that needs few calls: it reads resources one by one or lists all, whichever needs fewer calls. It
 * knows the registry's size from an earlier listing, or from the client lists of its connected registries.
 */
export function createRegistryReader(controlPlane: RegistryControlPlane, { freshFor, all }: Options): RegistryReader {
  const cache = createCache(freshFor);
  const listings = createListings();

  const connectedRegistries = (registry: string) =>
    cache.read(`connectedRegistries ${registry.toLowerCase()}`, async () => {
      const found = await orNone(controlPlane.listConnectedRegistries(registry));
      const bound = found.reduce((sum, item) => sum + item.clientTokens.length, 0);
      listings.expect(`tokens ${registry.toLowerCase()}`, bound);
      return found;
    }).value;

  async function several<T extends { readonly name: string }>(
    key: string,
    names: readonly string[],
    list: () => Promise<T[]>,
    get: (name: string) => Promise<T | undefined>,
  ): Promise<ByName<T>> {
    const wanted = [...new Set(names.map((name) => name.toLowerCase()))];
    const pages = listings.pages(key);
    const listing = () => listings.read(key, list);
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
