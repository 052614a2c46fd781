import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { shortHash } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { allPages } from '../../api/allPages.js';
import type { Api } from '../../api/api.js';
import { routes } from '../../api/routes.js';
import type { Scope } from '../file/desiredFleet.js';

/** Tokens of one page: the API's maximum. */
const PAGE = '100';

/** Reads the tokens that belong to no client. @param filter of a registry, or of one of its connected registries */
export async function readUnmanaged(
  api: Api,
  filter: { readonly registry?: string; readonly connectedRegistry?: string },
): Promise<UnmanagedToken[]> {
  const found = new Map<string, UnmanagedToken>();
  const pages = allPages((place) => routes.clients(api, { state: 'unmanaged', ...filter, top: PAGE, ...place }));
  for await (const page of pages) for (const token of page.unmanaged ?? []) found.set(placeOf(token), token);
  return [...found.values()];
}

/** The same in all of these connected registries. */
export async function unmanagedIn(api: Api, scopes: readonly Scope[]): Promise<UnmanagedToken[]> {
  const [first, ...others] = scopes;
  if (!first) return [];
  const isOneRegistry = others.every(({ registry }) => sameName(registry, first.registry));
  const filter = others.length === 0 ? first : isOneRegistry ? { registry: first.registry } : {};
  const tokens = await readUnmanaged(api, filter);
  return tokens.filter((token) => scopes.some((scope) => isAt(token, scope)));
}

/** The unmanaged token of this name that the connected registry lists. */
export function findUnmanaged(
  tokens: readonly UnmanagedToken[],
  scope: Scope,
  name: string,
): UnmanagedToken | undefined {
  return tokens.find((token) => sameName(token.token, name) && isAt(token, scope));
}

function isAt(token: UnmanagedToken, { registry, connectedRegistry }: Scope): boolean {
  return sameName(token.registry, registry) && sameName(token.connectedRegistry, connectedRegistry);
}

function placeOf({ registry, connectedRegistry, token }: UnmanagedToken): string {
  return `${registry}/${connectedRegistry}/${token}`.toLowerCase();
}

/** A fingerprint of what an adoption depends on: 16 hexadecimal digits. That a password expires is no change. */
export function unmanagedHash(token: UnmanagedToken): string {
  const { createdAt, isEnabled, passwords, scopeMap, alsoBoundTo = [], claimedBy } = token;
  return shortHash(
    [
      placeOf(token),
      createdAt ?? 'unknown',
      isEnabled ?? 'unknown',
      passwords.map(({ slot, createdAt: at, expiresAt }) => `${slot} ${at} ${expiresAt ?? 'never'}`).sort(),
      scopeMap.name.toLowerCase(),
      scopeMap.actions === undefined ? 'unknown' : scopeMap.actions.map((action) => action.toLowerCase()).sort(),
      alsoBoundTo.map((name) => name.toLowerCase()).sort(),
      claimedBy ?? 'nobody',
    ],
    16,
  );
}

/** The same before a later rollout of a plan, an earlier one of which may have restored the token's scope map. */
export function laterUnmanagedHash(token: UnmanagedToken): string {
  const { actions: _actions, ...scopeMap } = token.scopeMap;
  return unmanagedHash({ ...token, scopeMap });
}
