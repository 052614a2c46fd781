import type { RightsKind, UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { hasGatewayActions, READ_ACTIONS, REPOSITORY_ACTIONS } from '@connected-registry/protocol/names/permissions';
import { chooseSlot, isLive, SLOT_NAMES, type Slots } from '@connected-registry/protocol/registry/slots';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** A connected registry as far as its tokens are concerned. */
interface Listing {
  readonly name: string;
  readonly syncToken?: string;
  readonly clientTokens: readonly string[];
}

/** A token as ARM reports it. Times are ISO 8601. */
interface Token {
  readonly name: string;
  readonly scopeMap: string;
  readonly isEnabled: boolean | undefined;
  readonly createdAt?: string;
  readonly slots: Slots;
}

/** Everything of one registry. Maps have names in lower case. */
export interface RegistryListings {
  readonly connectedRegistries: readonly Listing[];
  readonly tokens: ReadonlyMap<string, Token>;
  readonly scopeMaps: ReadonlyMap<string, { readonly actions: readonly string[] }>;
}

/**
 * Names, in lower case, that only tokens of connected registries themselves have: their sync tokens. Where the sync
 * token's name is unknown, the Azure CLI's default is assumed, which is the name of the connected registry.
 */
export function syncTokenNames(connectedRegistries: readonly Pick<Listing, 'name' | 'syncToken'>[]): Set<string> {
  return new Set(
    connectedRegistries.flatMap(({ name, syncToken }) => [name.toLowerCase(), (syncToken ?? name).toLowerCase()]),
  );
}

/**
 * Finds the tokens on the client lists of a registry's connected registries that no secret of the app names. A token on
 * two lists is in the result twice. Tokens that no longer exist, and sync tokens, are not clients.
 *
 * @param isNamed whether a secret of the app names a token of this registry
 * @returns tokens ordered by connected registry and name
 */
export function unmanagedTokens(
  registry: string,
  { connectedRegistries, tokens, scopeMaps }: RegistryListings,
  isNamed: (token: string) => boolean,
  now: Date,
): UnmanagedToken[] {
  const sync = syncTokenNames(connectedRegistries);
  const bound = new Map<string, string[]>();
  for (const { name, clientTokens } of connectedRegistries)
    for (const token of new Set(clientTokens.map((one) => one.toLowerCase())))
      bound.set(token, [...(bound.get(token) ?? []), name]);
  const found = [...bound].flatMap(([name, places]): UnmanagedToken[] => {
    const token = tokens.get(name);
    if (!token || sync.has(name) || isNamed(token.name)) return [];
    const actions = scopeMaps.get(token.scopeMap.toLowerCase())?.actions;
    if (hasGatewayActions(actions ?? [])) return [];
    return places.map((connectedRegistry) => {
      const others = places.filter((place) => place !== connectedRegistry);
      return {
        registry,
        connectedRegistry,
        ...unmanagedView(token, actions, now),
        ...(others.length > 0 ? { alsoBoundTo: others } : {}),
      };
    });
  });
  return found.toSorted((left, right) => (unmanagedPlace(left) < unmanagedPlace(right) ? -1 : 1));
}

/** By what unmanaged tokens of a registry are ordered, and a page continues. */
export function unmanagedPlace({
  connectedRegistry,
  token,
}: Pick<UnmanagedToken, 'connectedRegistry' | 'token'>): string {
  return `${connectedRegistry} ${token}`.toLowerCase();
}

/** A token as it is shown. @param actions all that its scope map grants; undefined if the map was not found */
function unmanagedView(token: Token, actions: readonly string[] | undefined, now: Date) {
  const { name, scopeMap, isEnabled, createdAt, slots } = token;
  const choice = chooseSlot(slots, now, [], undefined);
  return {
    token: name,
    state: 'unmanaged' as const,
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(createdAt === undefined ? {} : { createdAt }),
    passwords: SLOT_NAMES.flatMap((slot) => {
      const filled = slots[slot];
      return filled ? [{ slot, ...filled, works: isLive(filled, now) }] : [];
    }),
    ...(choice.kind === 'use' ? { freeSlot: choice.slot } : {}),
    scopeMap: { name: scopeMap, rights: rightsKind(actions), ...(actions === undefined ? {} : { actions }) },
    lastUse: 'unknown' as const,
  };
}

const ACTION = /^repositories\/.+\/(?<action>(?:content|metadata)\/[a-z]+)$/i;

/** What the actions of a scope map grant in sum. */
export function rightsKind(actions: readonly string[] | undefined): RightsKind {
  if (actions === undefined) return 'unknown';
  if (actions.length === 0) return 'none';
  const words = actions.map((text) => ACTION.exec(text)?.groups?.['action'] ?? '');
  const isAll = (known: readonly string[]): boolean => words.every((word) => known.some((one) => sameName(one, word)));
  if (isAll(READ_ACTIONS)) return 'read';
  return isAll(REPOSITORY_ACTIONS) ? 'write' : 'other';
}
