import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_CHANNEL } from '@connected-registry/protocol/messages/deviceChannel';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { verifyAcknowledgementKey, verifyReportKey } from '../../../src/domain/pullCheck/reportKey.js';
import { CONNECTED_REGISTRY, onboarding, RUN } from '../fakes/answers/requests.js';
import { LONG_AGO } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { registry, scopeMap, permissions, token, client, connectedRegistry } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('ensureToken', () => {
  const ensure = (earlierScopeMap?: string) =>
    world.activities.ensureToken({
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
      world.activities.ensureToken({ registry, token, scopeMap, ...(found ? { found } : {}) });
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

describe('readSync', () => {
  const read = () => world.activities.readSync({ registry, connectedRegistry });

  test('returns when the connected registry last synced', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: '2026-03-01T11:59:00.000Z' });
    expect(await read()).toMatchObject({ kind: 'done', value: { lastSyncTime: '2026-03-01T11:59:00.000Z' } });
  });

  test('fails when the connected registry was deleted', async () => {
    world.controlPlane.connectedRegistries.clear();
    expect(await read()).toMatchObject({ kind: 'failed', code: 'connected-registry-not-found' });
  });
});

describe('messages to the device', () => {
  const check = {
    operation: `instance.${RUN}`,
    run: RUN,
    attempt: 2,
    client,
    connectedRegistry,
    secret: { name: 'a-secret', version: 'v1' },
    image: 'hello-world:latest',
    expiresAt: '2026-03-01T12:05:00.000Z',
    channel: DEFAULT_CHANNEL,
  };

  test('request a pull check once, however often they are sent, with a key valid only for that attempt', async () => {
    const outcome = await world.activities.requestPullCheck(check);
    await world.activities.requestPullCheck(check);
    expect(world.channel.pullChecks.size).toBe(1);
    const [message] = world.channel.pullChecks.values();
    const keys = world.config.reportKeys;
    const { keyId = '', reportKey = '' } = message ?? {};
    expect(verifyReportKey(keys, keyId, reportKey, check)).toBe(true);
    expect(verifyReportKey(keys, keyId, reportKey, { ...check, attempt: 1 })).toBe(false);
    // The outcome reaches the durable history, the key must not.
    expect(JSON.stringify(outcome)).not.toContain(reportKey);
  });

  test('request another pull check for another attempt', async () => {
    await world.activities.requestPullCheck(check);
    await world.activities.requestPullCheck({ ...check, attempt: 3 });
    expect(world.channel.pullChecks.size).toBe(2);
  });

  test('announce a promotion once, however often they are sent', async () => {
    const { operation, run, secret, expiresAt } = check;
    const keys = world.config.reportKeys;
    const message = { operation, run, client, connectedRegistry, secret, expiresAt };
    const outcome = await world.activities.announcePromotion({ ...message, channel: DEFAULT_CHANNEL });
    await world.activities.announcePromotion({ ...message, channel: DEFAULT_CHANNEL });
    const [sent, ...more] = world.channel.promotions.values();
    expect([sent, more]).toMatchObject([message, []]);
    const { keyId = '', reportKey = '' } = sent ?? {};
    expect(verifyAcknowledgementKey(keys, keyId, reportKey, { operation, expiresAt })).toBe(true);
    expect(verifyAcknowledgementKey(keys, keyId, reportKey, { operation: 'another.run', expiresAt })).toBe(false);
    expect(verifyReportKey(keys, keyId, reportKey, { operation, expiresAt, attempt: 1 })).toBe(false);
    // The outcome reaches the durable history, the key must not.
    expect(JSON.stringify(outcome)).not.toContain(reportKey);
  });

  test('that cannot be sent are retried later', async () => {
    world.wire.fail('requestPullCheck', { when: 'before' });
    expect(await world.activities.requestPullCheck(check)).toMatchObject({
      kind: 'retryLater',
      reason: expect.stringMatching(/^cannot reach the device's channel: /) as string,
    });
  });

  test('that the channel permanently refuses fail with their own code, since the device was never asked', async () => {
    world.wire.fail('requestPullCheck', { when: 'before', kind: 'forbidden' });
    expect(await world.activities.requestPullCheck(check)).toMatchObject({
      kind: 'failed',
      code: 'signal-undeliverable',
    });
  });
});

describe('preflight', () => {
  test('returns problems in its plan, and retries an unreachable service', async () => {
    const wanted = { onboarding: onboarding({ repositories: ['other'] }) };
    expect(await world.activities.preflight(wanted)).toMatchObject({
      kind: 'done',
      value: { problems: [{ code: 'repository-not-synced' }] },
    });
    vi.advanceTimersByTime(60_000);
    world.wire.fail('listTokens', { when: 'before' });
    expect(await world.activities.preflight(wanted)).toMatchObject({ kind: 'retryLater' });
  });
});
