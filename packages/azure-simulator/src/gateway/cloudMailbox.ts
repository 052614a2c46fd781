import { childNameOf } from '../arm/ids.js';
import { stillServed } from '../arm/tokens/passwords.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry, StoredPassword, Token } from '../state/registryState.js';
import { epochOf } from './epoch.js';
import { childrenOf, grantedByAll, scopeMapActions, scopeMapOf, syncScopes, syncTokenOf } from './lineage.js';
import type { ClientToken, Configuration, Mailbox, Message, SlotPassword, SyncToken } from './messages.js';

/**
 * The messages that wait for a connected registry, derived from ARM's state: the time of a message is that of the
 * newest change in it. A write to the connected registry also sends its client tokens, because it replaces their list
 * as a whole. It is not public which messages the real service sends.
 *
 * @param reachableSince when the sync scopes above last changed, which may have made messages reachable
 */
export function cloudMailbox(
  plane: Plane,
  registry: Registry,
  connected: ConnectedRegistry,
  reachableSince?: string,
): Mailbox {
  const scopes = syncScopes(plane, registry, connected);
  const changed = latest(
    connected.systemData.lastModifiedAt,
    ...(reachableSince === undefined ? [] : [reachableSince]),
  );
  const mapChanged = syncScopeChanged(plane, registry, connected) ?? changed;
  const belowSince = latest(mapChanged, ...(reachableSince === undefined ? [] : [reachableSince]));
  const tokens = clientTokens(plane, registry, connected);
  const syncToken = syncTokenOf(plane, registry, connected);
  return {
    name: connected.name,
    epoch: epochOf(connected),
    configuration: message(changed, configurationOf(connected, tokens)),
    ...(syncToken && { syncToken: syncTokenMessage(plane, registry, connected, syncToken, changed) }),
    tokens: tokens.map((token) => clientTokenMessage(plane, registry, token, changed)),
    repositories: [...registry.repositories.values()].filter(({ name }) => grantedByAll(scopes, name, 'content/read')),
    scopes,
    children: childrenOf(plane, registry, connected).map((child) => cloudMailbox(plane, registry, child, belowSince)),
  };
}

function configurationOf(connected: ConnectedRegistry, tokens: readonly Token[]): Configuration {
  return {
    name: connected.name,
    mode: connected.mode,
    schedule: connected.schedule,
    syncWindow: connected.syncWindow,
    messageTtl: connected.messageTtl,
    status: connected.activation,
    clientTokens: tokens.map(({ name }) => name),
  };
}

function clientTokens(plane: Plane, registry: Registry, connected: ConnectedRegistry): Token[] {
  return connected.clientTokenIds.flatMap((id) => {
    const name = childNameOf(plane.arm, registry, 'tokens', id);
    return (name === undefined ? undefined : registry.tokens.get(name)) ?? [];
  });
}

function clientTokenMessage(plane: Plane, registry: Registry, token: Token, boundAt: string): Message<ClientToken> {
  const now = plane.clock.now();
  const content = {
    name: token.name,
    enabled: token.status === 'enabled',
    actions: scopeMapActions(plane, registry, token),
    passwords: token.passwords.map((one) => ({ name: one.name, ...slot(one, now) })),
  };
  return message(latest(boundAt, ...changesOf(plane, registry, token)), content);
}

function syncTokenMessage(
  plane: Plane,
  registry: Registry,
  connected: ConnectedRegistry,
  token: Token,
  changed: string,
): Message<SyncToken> {
  const now = plane.clock.now();
  const { deactivatedAt } = connected;
  const admitted = token.passwords.filter(
    ({ creationTime }) => deactivatedAt === undefined || creationTime > deactivatedAt,
  );
  const content = {
    name: token.name,
    enabled: token.status === 'enabled',
    passwords: admitted.map((one) => ({ name: one.name, ...slot(one, now), creationTime: one.creationTime })),
  };
  return message(latest(changed, ...changesOf(plane, registry, token)), content);
}

function slot(password: StoredPassword, now: Date): Omit<SlotPassword, 'name' | 'creationTime'> {
  const { salt, hash, expiry } = stillServed(password, now);
  return { salt, hash, expiry };
}

/**
 * Times at which the contents of a token's message changed, including the completed replication of a regenerated
 * password.
 */
function changesOf(plane: Plane, registry: Registry, token: Token): string[] {
  const now = plane.clock.now();
  const mapChanged = scopeMapOf(plane, registry, token)?.systemData.lastModifiedAt;
  return [
    token.systemData.lastModifiedAt,
    ...(mapChanged === undefined ? [] : [mapChanged]),
    ...token.passwords.map(({ creationTime }) => creationTime),
    ...token.passwords.flatMap(({ previous }) => (previous && new Date(previous.until) <= now ? [previous.until] : [])),
  ];
}

function syncScopeChanged(plane: Plane, registry: Registry, connected: ConnectedRegistry): string | undefined {
  const token = syncTokenOf(plane, registry, connected);
  return token && scopeMapOf(plane, registry, token)?.systemData.lastModifiedAt;
}

function message<T>(at: string, content: T): Message<T> {
  const time = new Date(at).toISOString();
  return { changedAt: time, queuedAt: time, content };
}

function latest(...times: string[]): string {
  return new Date(Math.max(...times.map((time) => Date.parse(time)))).toISOString();
}
