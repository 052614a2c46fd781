import { sameName } from '@connected-registry/protocol/names/sameName';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { ANONYMOUS, type Principal } from '../access/identities.js';
import { isExpired, isPassword, stillServed } from '../arm/tokens/passwords.js';
import { gatewayActions } from '../arm/tokens/scopeMapActions.js';
import { RefusedRequest, type ApiReply, type ApiRequest } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry, StoredPassword, Token } from '../state/registryState.js';
import { cloudMailbox } from './cloudMailbox.js';
import { collect, collectionTime } from './collect.js';
import { scopeMapActions, syncTokenOf } from './lineage.js';
import { syncRequest, type SyncRequest } from './messages.js';
import { recordDescendants, recordSync } from './reports.js';

/**
 * The route of the scheduled request of a connected registry to the cloud, answered by {@link collect}. A connected
 * registry with a parent syncs through its parent, and is refused here.
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

/** For counters: `sync:NAME` of the token, whether or not it is valid. */
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
  if (connected.parentId !== undefined) {
    throw refuse(403, 'DENIED', 'this connected registry syncs through its parent, not with the cloud');
  }
  const actions = scopeMapActions(plane, registry, token);
  const missing = gatewayActions(connected.name).filter((action) => !actions.includes(action));
  if (missing.length > 0) throw refuse(403, 'DENIED', `the sync token lacks ${missing.join(', ')}`);
  const returns = connected.deactivatedAt === undefined || password.creationTime > connected.deactivatedAt;
  if (connected.activation === 'Inactive' && !returns)
    throw refuse(403, 'DENIED', 'the connected registry is inactive');

  const report = readBody(call);
  const now = plane.clock.now();
  const synced = recordSync(plane, registry, connected, report, now);
  recordDescendants(plane, registry, synced, report.descendants ?? []);
  const body = collect(cloudMailbox(plane, registry, synced), report.lastGeneration, collectionTime(report.dueAt, now));
  return { status: 200, headers: { 'cache-control': 'no-store' }, body };
}

/** While a regenerated password replicates, both the old and the new one are accepted. */
function authenticate(
  plane: Plane,
  call: Call,
  registry: Registry,
  connected: ConnectedRegistry,
): { token: Token; password: StoredPassword } {
  const now = plane.clock.now();
  const credentials = basicCredentials(call);
  const token = syncTokenOf(plane, registry, connected);
  if (credentials && token && sameName(token.name, credentials.name)) {
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

function readBody(call: Call): SyncRequest {
  if (call.body.length === 0) return {};
  const parsed = syncRequest.safeParse(parseJson(call.body.toString('utf8')));
  if (!parsed.success) throw refuse(400, 'INVALID', 'the body is not a sync request');
  return parsed.data;
}

/** A refusal in the form of the registry's data plane (OCI distribution specification). */
function refuse(status: number, code: string, message: string): RefusedRequest {
  const headers: Record<string, string> = status === 401 ? { 'www-authenticate': 'Basic realm="sync"' } : {};
  return new RefusedRequest({ status, headers, body: { errors: [{ code, message }] } });
}
