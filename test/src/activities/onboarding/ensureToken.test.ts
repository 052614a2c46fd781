import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { onboarding } from '../../fakes/answers/requests.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { registry, scopeMap, permissions, token } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('ensureToken', () => {
  const ensure = (earlierScopeMap?: string) =>
    world.activities.ensureToken({
      vaultHost: undefined,
      registry,
      token,
      scopeMap,
      ...(earlierScopeMap ? { earlierScopeMap, ...found() } : {}),
    });
  /** What preflight would report of an existing token. */
  const found = () => {
    const existing = world.controlPlane.tokens.get(token);
    if (!existing) return {};
    return { found: existing.createdAt === undefined ? {} : { createdAt: existing.createdAt } };
  };
  const addMap = (name: string) =>
    world.controlPlane.scopeMaps.set(name, { name, actions: toActions(permissions), description: '' });

  test('creates a missing token, and is idempotent', async () => {
    addMap(scopeMap);
    expect(await ensure()).toEqual({ kind: 'done', value: { created: true } });
    expect(await ensure()).toEqual({ kind: 'done', value: { created: false } });
    expect(world.wire.writes).toEqual(['createToken']);
    expect(world.controlPlane.token(token)).toMatchObject({ scopeMap, isEnabled: true });
  });

  test('refuses a token that is not the one found at preflight', async () => {
    addMap(scopeMap);
    const look = (found?: { createdAt?: string }) =>
      world.activities.ensureToken({ vaultHost: undefined, registry, token, scopeMap, ...(found ? { found } : {}) });
    expect(await look({ createdAt: LONG_AGO })).toMatchObject({ kind: 'failed', code: 'token-changed' });
    world.addToken({ password1: { createdAt: LONG_AGO } });
    expect(await look()).toMatchObject({ kind: 'failed', code: 'token-changed' });
    expect(await look({ createdAt: '2025-06-01T00:00:00.000Z' })).toMatchObject({
      kind: 'failed',
      code: 'token-changed',
    });
    expect(await look({ createdAt: LONG_AGO })).toMatchObject({ kind: 'done' });
    expect(world.wire.writes).toEqual([]);
  });

  test('does not go on with an adoption whose slot holds another password than the one that was seen', async () => {
    addMap(scopeMap);
    const expired = '2025-02-01T00:00:00.000Z';
    world.addToken({ password1: { createdAt: LONG_AGO }, password2: { createdAt: expired } });
    const look = (fills: { slot: 'password1' | 'password2'; earlier?: string }) =>
      world.activities.ensureToken({ vaultHost: undefined, registry, token, scopeMap, ...found(), fills });
    expect(await look({ slot: 'password2', earlier: expired })).toMatchObject({ kind: 'done' });
    for (const fills of [{ slot: 'password2' as const, earlier: LONG_AGO }, { slot: 'password2' as const }])
      expect(await look(fills)).toMatchObject({ kind: 'failed', code: 'token-changed' });
    delete world.controlPlane.token(token).slots.password2;
    expect(await look({ slot: 'password2' })).toMatchObject({ kind: 'done' });
    expect(await look({ slot: 'password2', earlier: expired })).toMatchObject({ kind: 'failed' });
    expect(world.wire.writes).toEqual([]);
  });

  test('never sends a PUT for an existing token, so that it keeps its passwords', async () => {
    world.addToken({ password1: { createdAt: '2025-01-01T00:00:00.000Z' } });
    world.controlPlane.token(token).scopeMap = 'earlier-map';
    expect(await ensure('Earlier-Map')).toMatchObject({ kind: 'done' });
    expect(world.wire.writes).toEqual(['setTokenScopeMap']);
    expect(world.controlPlane.accepts(token, 'foreign-password1')).toBe(true);
    expect(world.controlPlane.token(token).scopeMap).toBe(scopeMap);
    await ensure('Earlier-Map');
    expect(world.wire.count('setTokenScopeMap')).toBe(1);
  });

  test('never enables a token that somebody disabled', async () => {
    world.addToken().isEnabled = false;
    expect(await ensure()).toMatchObject({ kind: 'failed', code: 'token-disabled' });
    expect(world.controlPlane.token(token).isEnabled).toBe(false);
  });

  test('does not move a token from a map that it did not have at preflight', async () => {
    world.addToken().scopeMap = 'somebody-elses';
    expect(await ensure()).toMatchObject({ kind: 'failed', code: 'token-changed' });
    expect(await ensure('another-map')).toMatchObject({ kind: 'failed', code: 'token-changed' });
    expect(world.wire.writes).toEqual([]);
  });

  test.each(['createToken', 'setTokenScopeMap'])('converges when the answer to %s was lost', async (method) => {
    if (method === 'createToken') addMap(scopeMap);
    else world.addToken().scopeMap = 'earlier-map';
    world.wire.fail(method, { when: 'after' });
    const earlier = method === 'createToken' ? undefined : 'earlier-map';
    expect(await ensure(earlier)).toMatchObject({ kind: 'retryLater' });
    expect(await ensure(earlier)).toMatchObject({ kind: 'done' });
    expect(world.wire.writes).toEqual([method]);
  });

  test('waits outside the activity while Azure creates the token, and reads it once after that', async () => {
    addMap(scopeMap);
    world.controlPlane.createsTokensIn = 10;
    expect(await ensure()).toMatchObject({ kind: 'retryLater', afterSeconds: 10 });
    world.controlPlane.token(token).isBeingCreated = true;
    expect(await ensure()).toMatchObject({ kind: 'retryLater', afterSeconds: 2 });
    world.controlPlane.token(token).isBeingCreated = undefined;
    expect(await ensure()).toEqual({ kind: 'done', value: { created: false } });
    expect(world.wire.calls).toEqual(['getToken', 'createToken', 'getToken', 'getToken']);
  });

  test('passes on the time that ARM asks to wait', async () => {
    world.wire.fail('getToken', { when: 'before', kind: 'throttled', retryAfterSeconds: 17 });
    expect(await ensure()).toMatchObject({ kind: 'retryLater', afterSeconds: 17 });
  });
});
