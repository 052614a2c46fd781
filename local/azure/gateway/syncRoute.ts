import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ANONYMOUS, type Principal } from '../access/identities.js';
import { childId, childNameOf, sameId } from '../arm/ids.js';
import { isExpired, isPassword, stillServed } from '../arm/passwords.js';
import { gatewayActions, grants } from '../arm/scopeMapActions.js';
import { RefusedRequest, type ApiReply, type ApiRequest } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry, StoredPassword, Token } from '../state/registryState.js';
import { orUndefined } from '../http/orUndefined.js';

const body = z.object({
  lastGeneration: z.string().nullish().transform(orUndefined),
  version: z.string().max(64).nullish().transform(orUndefined),
  statusDetails: z
    .array(
      z.object({ type: z.string(), code: z.string(), description: z.string(), correlationId: z.string().default('') }),
    )
    .max(20)
    .nullish()
    .transform(orUndefined),
});

/**
 * What the connected registry of this repository asks its parent for, on its schedule. The real service has a private
 * protocol of its own for this; only what travels is alike: client tokens with their rights and password hashes, and
 * what is to be synced.
 */
export function syncRoute(plane: Plane): Route {
  return {
    method: 'POST',
    path: '/gateway/{registry}/{connectedRegistry}/sync',
    service: 'gateway',
    operation: 'gateway/sync',
    handle: (call) => sync(plane, call),
  };
}

/** For counters: `sync:NAME` of the token, right or wrong. */
export function identifySyncToken(request: ApiRequest): Principal {
  const credentials = basicCredentials(request);
  return credentials ? { ...ANONYMOUS, name: `sync:${credentials.name}` } : ANONYMOUS;
}

function sync(plane: Plane, call: Call): ApiReply {
  const registry = plane.arm.registries.get(call.params['registry'] ?? '');
  const connected = registry?.connectedRegistries.get(call.params['connectedRegistry'] ?? '');
  if (!registry || !connected) throw refuse(401, 'UNAUTHORIZED', 'no such connected registry');
  const { token, password } = authenticate(plane, call, registry, connected);
  if (token.status === 'disabled') throw refuse(403, 'DENIED', 'the sync token is disabled');
  const actions = scopeMapActions(plane, registry, token);
  const missing = gatewayActions(connected.name).filter((action) => !actions.includes(action));
  if (missing.length > 0) throw refuse(403, 'DENIED', `the sync token lacks ${missing.join(', ')}`);
  const returns = connected.deactivatedAt === undefined || password.creationTime > connected.deactivatedAt;
  if (connected.activation === 'Inactive' && !returns)
    throw refuse(403, 'DENIED', 'the connected registry is inactive');

  const report = readBody(call);
  const now = plane.clock.now();
  const { deactivatedAt: _over, ...rest } = connected;
  const synced: ConnectedRegistry = {
    ...rest,
    activation: 'Active',
    lastSyncTime: now.toISOString(),
    lastActivityTime: now.toISOString(),
    ...(report.version === undefined ? {} : { version: report.version }),
    ...(report.statusDetails === undefined
      ? {}
      : { statusDetails: report.statusDetails.map((detail) => ({ ...detail, timestamp: now.toISOString() })) }),
  };
  registry.connectedRegistries.set(synced);
  plane.armFile.changed(connected.activation === 'Active' ? 'later' : 'soon');

  const content = {
    connectedRegistry: {
      name: synced.name,
      mode: synced.mode,
      schedule: synced.schedule,
      ...(synced.syncWindow === undefined ? {} : { syncWindow: synced.syncWindow }),
      messageTtl: synced.messageTtl,
      status: synced.activation,
    },
    tokens: clientTokens(plane, registry, synced, now),
    repositories: [...registry.repositories.values()].filter((one) => grants(actions, one.name, 'content/read')),
  };
  const generation = createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { generation, ...content } };
}

function clientTokens(plane: Plane, registry: Registry, connected: ConnectedRegistry, now: Date): unknown[] {
  return connected.clientTokenIds.flatMap((id) => {
    const name = childNameOf(plane.arm, registry, 'tokens', id);
    const token = name === undefined ? undefined : registry.tokens.get(name);
    if (!token) return [];
    return [
      {
        name: token.name,
        enabled: token.status === 'enabled',
        actions: scopeMapActions(plane, registry, token),
        passwords: token.passwords.map((one) => ({ name: one.name, ...stillServed(one, now) })),
      },
    ];
  });
}

function scopeMapActions(plane: Plane, registry: Registry, token: Token): string[] {
  const name = childNameOf(plane.arm, registry, 'scopeMaps', token.scopeMapId);
  return (name === undefined ? undefined : registry.scopeMaps.get(name)?.actions) ?? [];
}

/** While a regenerated password replicates, the old one and the new one both get in. */
function authenticate(
  plane: Plane,
  call: Call,
  registry: Registry,
  connected: ConnectedRegistry,
): { token: Token; password: StoredPassword } {
  const now = plane.clock.now();
  const credentials = basicCredentials(call);
  const token = credentials && registry.tokens.get(credentials.name);
  if (credentials && token && sameId(childId(plane.arm, registry, 'tokens', token.name), connected.syncTokenId)) {
    for (const password of token.passwords) {
      if (isPassword(password, credentials.password) && !isExpired(password.expiry, now)) return { token, password };
      const old = stillServed(password, now);
      if (isPassword(old, credentials.password) && !isExpired(old.expiry, now)) return { token, password };
    }
  }
  throw refuse(401, 'UNAUTHORIZED', 'wrong sync token or password');
}

function basicCredentials(request: ApiRequest): { name: string; password: string } | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function readBody(call: Call): Partial<z.output<typeof body>> {
  if (call.body.length === 0) return {};
  try {
    return body.parse(JSON.parse(call.body.toString('utf8')));
  } catch {
    throw refuse(400, 'INVALID', 'the body is not what a sync sends');
  }
}

/** As the registry's data plane words its errors (OCI distribution specification). */
function refuse(status: number, code: string, message: string): RefusedRequest {
  const headers: Record<string, string> = status === 401 ? { 'www-authenticate': 'Basic realm="sync"' } : {};
  return new RefusedRequest({ status, headers, body: { errors: [{ code, message }] } });
}
