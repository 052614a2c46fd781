import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NO_REQUESTS } from '../../../src/domain/binding/bindingRequests.js';
import { createFlowWorld } from '../fakes/worlds/flowWorld.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { candidate, isGone, LONG_AGO, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const works = () => world.controlPlane.accepts(token, world.vault.passwordIn(main) ?? '');
const isOnboarded = () => works() && bound().includes(token) && world.vault.passwordIn(candidate) === undefined;

describe('an onboarding from end to end', () => {
  test('leaves a bound token whose saved password works, and no open binding request', async () => {
    const { outcome, binder, context } = await onboardIn(world);

    expect(outcome.status).toBe('completed');
    expect(isOnboarded()).toBe(true);
    expect(binder.state).toEqual(NO_REQUESTS);

    const password = world.vault.passwordIn(main) ?? '-';
    const seen = JSON.stringify([outcome, context.statuses, context.calls]);

    for (const form of [password, Buffer.from(`${token}:${password}`).toString('base64'), encodeURIComponent(password)])
      expect(seen).not.toContain(form);
  });

  test('makes at most 3 ARM writes into a shared scope map, and a second onboarding makes none', async () => {
    world.addToken();
    world.controlPlane.tokens.delete(token);

    await onboardIn(world);
    const arm = ['createScopeMap', 'createToken', 'setTokenScopeMap', 'generatePassword', 'setClientTokens'];

    expect(world.wire.calls.filter((name) => arm.includes(name))).toHaveLength(3);

    world.wire.calls.length = 0;
    const { outcome } = await onboardIn(world, { run: 'second-run' });
    expect([outcome.result?.changed, world.wire.writes]).toEqual([false, []]);
  });

  test('that fails at the device leaves nothing behind', async () => {
    const { outcome, binder } = await onboardIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
    expect(outcome.status).toBe('rolledBack');
    expect(isGone(world)).toBe(true);
    expect(binder.state).toEqual(NO_REQUESTS);
  });

  test('that fails for a client with other rights keeps the previous rights and password', async () => {
    await onboardIn(world);
    const before = world.vault.passwordIn(main);
    const request = { repositories: ['samples/a'] };

    const { outcome } = await onboardIn(world, {
      run: 'second-run',
      request,
      device: () => report({ image: 'samples/a:latest', outcome: 'digest-mismatch' }),
    });

    expect(outcome.status).toBe('rolledBack');
    expect([world.controlPlane.token(token).scopeMap, world.vault.passwordIn(main)]).toEqual([scopeMap, before]);
    expect(isOnboarded()).toBe(true);
    expect([...world.controlPlane.scopeMaps.keys()].sort()).toEqual([CONNECTED_REGISTRY, scopeMap].sort());
  });

  test("keeps others' passwords on an adopted token when it is undone", async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    const device = () => report({ outcome: 'digest-mismatch' });
    const { outcome } = await onboardIn(world, { request: { adopt: true }, device });
    expect([outcome.status, outcome.failure?.code]).toEqual(['rolledBack', 'pull-digest-mismatch']);
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
    expect(world.controlPlane.accepts(token, 'foreign-password1')).toBe(true);
  });

  test('does not clear a password that somebody created minutes before, and that it never replaced', async () => {
    world = createWorld({ ALLOWED_ENDPOINTS: 'gateway:443' });
    const flows = createFlowWorld(world);
    await onboardIn(world, { flows });
    const minuteAgo = '2026-03-01T11:59:00.000Z';
    world.controlPlane.token(token).slots.password2 = { value: 'foreign-password2', createdAt: minuteAgo };
    world.wire.fail('generatePassword', { when: 'before', kind: 'forbidden' });
    const request = { endpoint: 'gateway:443', replaceSlot: 'password2' };
    const { outcome } = await onboardIn(world, { flows, run: 'second-run', request });
    expect([outcome.status, world.wire.count('generatePassword')]).toEqual(['rolledBack', 2]);
    expect(world.controlPlane.accepts(token, 'foreign-password2')).toBe(true);
  });
});

const WRITES = [
  'createScopeMap',
  'createToken',
  'generatePassword',
  'store',
  'setClientTokens',
  'requestPullCheck',
  'copy',
];
const CALLS = [...WRITES, 'disable', 'getRegistry', 'getToken', 'getScopeMap', 'getConnectedRegistry', 'current'];

describe('a failing call', () => {
  test.each(CALLS.flatMap((call) => (['before', 'after'] as const).map((when) => [call, when] as const)))(
    'is overcome: %s failed %s its effect',
    async (call, when) => {
      world.wire.fail(call, { when, times: 2 });
      const { outcome } = await onboardIn(world);
      expect(outcome.status).toBe('completed');
      expect(isOnboarded()).toBe(true);
      expect(world.vault.versionsOf(main)).toHaveLength(1);
    },
  );

  test.each(WRITES)('that fails for ever is undone, so that nothing of ours is left: %s', async (call) => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['foreign'] });
    if (call === 'setClientTokens') world.wire.fail(call, { when: 'before', kind: 'forbidden' });
    else world.wire.fail(call, { when: 'before', kind: 'forbidden', times: 99 });

    const { outcome, binder } = await onboardIn(world);
    const code = call === 'requestPullCheck' ? 'signal-undeliverable' : 'service-forbidden';

    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code } });
    expect(isGone(world)).toBe(true);
    expect(bound()).toEqual(['foreign']);
    expect(binder.state).toEqual(NO_REQUESTS);
  });

  test.each(['disableToken', 'deleteToken', 'deleteScopeMap', 'remove', 'disable'])(
    'during an undo is overcome: %s',
    async (call) => {
      world.wire.fail(call, { when: 'after', times: 2 });
      const { outcome } = await onboardIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
      expect(outcome.status).toBe('rolledBack');
      expect(isGone(world)).toBe(true);
    },
  );

  test('that fails for ever during an undo is reported, and the rest is removed', async () => {
    world.wire.fail('deleteToken', { when: 'before', kind: 'forbidden', times: 99 });
    const { outcome } = await onboardIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });

    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join()).toContain('removeToken');
    expect([world.controlPlane.token(token).isEnabled, world.vault.has(candidate), bound()]).toEqual([
      false,
      false,
      [],
    ]);
  });
});
