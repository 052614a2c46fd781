import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONNECTED_REGISTRY, onboarding, RUN } from '../../fakes/answers/requests.js';
import { issueOrder, reference } from '../../fakes/answers/orders.js';
import { candidate, LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const SINCE = '2026-03-01T12:00:00.000Z';
const { token, scopeMap } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

const kept = { kind: 'done', value: { kept: expect.stringMatching(/./) as string } };
const gone = { kind: 'done', value: {} };

/** Runs an undo until it is done, with one failing call. */
async function throughFault(undo: () => Promise<{ kind: string }>, method: string, when: 'before' | 'after') {
  world.wire.fail(method, { when });
  expect(await undo()).toMatchObject({ kind: 'retryLater' });
  expect(await undo()).toEqual(gone);
}

describe('retireCandidate', () => {
  const retire = () => world.activities.retireCandidate({ reference: reference(), run: RUN });
  beforeEach(() => void world.addToken());

  test('disables and soft-deletes the candidate of this run, and is idempotent', async () => {
    await world.activities.issueCredentials(issueOrder());
    expect(await retire()).toEqual(gone);
    expect(world.vault.has(candidate)).toBe(false);
    expect(world.vault.versionsOf(candidate)[0]?.isEnabled).toBe(false);
    expect(await retire()).toEqual(gone);
  });

  test('does nothing if none was saved', async () => {
    expect(await retire()).toEqual(gone);
    expect(world.wire.writes).not.toContain('disable');
  });

  test("keeps another run's candidate", async () => {
    await world.activities.issueCredentials(issueOrder({ run: 'other-run' }));
    expect(await retire()).toEqual(kept);
    expect(world.vault.passwordIn(candidate)).toBeDefined();
  });

  test.each([
    ['disable', 'before'],
    ['disable', 'after'],
    ['remove', 'before'],
    ['remove', 'after'],
  ] as const)('leaves no candidate behind when %s failed %s its effect', async (method, when) => {
    await world.activities.issueCredentials(issueOrder());
    await throughFault(retire, method, when);
    expect(world.vault.has(candidate)).toBe(false);
  });
});

describe('clearSlot', () => {
  const clear = (wasLive = false) =>
    world.activities.clearSlot({
      reference: reference(),
      run: RUN,
      token,
      slot: 'password2',
      earlier: LONG_AGO,
      wasLive,
    });

  test('clears the filled slot, keeps the other one, and is idempotent', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO }, password2: { createdAt: '2026-03-01T12:00:05.000Z' } });
    expect(await clear()).toEqual(gone);
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
    expect(await clear()).toEqual(gone);
    expect(world.wire.count('keepOnlySlots')).toBe(1);
  });

  test('keeps the password that the slot had at preflight', async () => {
    world.addToken({ password2: { createdAt: LONG_AGO } });
    await clear();
    expect(world.controlPlane.accepts(token, 'foreign-password2')).toBe(true);
  });

  test('reports the loss of a working password, but only if it was overwritten', async () => {
    const live = () => clear(true);
    world.addToken({ password2: { createdAt: LONG_AGO } });
    expect(await live()).toEqual(gone);
    world.addToken({ password2: { createdAt: SINCE } });
    expect(await live()).toMatchObject({
      kind: 'done',
      value: { residue: expect.stringContaining('password2') as string },
    });
  });

  test('converges if an answer was lost, or the token is gone', async () => {
    world.addToken({ password2: { createdAt: SINCE } });
    await throughFault(() => clear(), 'keepOnlySlots', 'after');
    world.controlPlane.tokens.delete(token);
    expect(await clear()).toEqual(gone);
  });
});

describe('keepCandidate', () => {
  const keep = (earlier?: string) =>
    world.activities.keepCandidate({
      reference: reference(),
      run: RUN,
      token,
      slot: 'password1',
      ...(earlier === undefined ? {} : { earlier }),
    });

  test('reports that the candidate has the working password, and keeps both', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    await world.activities.issueCredentials(issueOrder());
    const { length } = world.wire.writes;
    expect(await keep(LONG_AGO)).toMatchObject({
      kind: 'done',
      value: { kept: expect.stringContaining(candidate) as string },
    });
    expect(world.wire.writes).toHaveLength(length);
    expect(world.controlPlane.accepts(token, world.vault.passwordIn(candidate) ?? '')).toBe(true);
  });

  test('keeps nothing if the slot was not filled, or the token is gone', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    expect(await keep(LONG_AGO)).toEqual(gone);
    expect(world.wire.writes).toEqual([]);
    world.controlPlane.tokens.delete(token);
    expect(await keep(LONG_AGO)).toEqual(gone);
  });

  test('describes the candidate of an earlier run correctly', async () => {
    world.addToken();
    await world.activities.issueCredentials(issueOrder({ run: 'other-run' }));
    const { createdAt = '' } = world.controlPlane.token(token).slots.password1 ?? {};
    expect(await keep(createdAt)).toMatchObject(kept);
    world.addToken({ password1: { createdAt: LONG_AGO } });
    expect(await keep(LONG_AGO)).toEqual(gone);
  });

  test('clears the slot of a password that was never saved, and reports the loss, also when repeated', async () => {
    const residue = expect.stringContaining('password1') as string;
    world.addToken({ password1: { createdAt: SINCE }, password2: { createdAt: LONG_AGO } });
    world.wire.fail('keepOnlySlots', { when: 'after' });
    expect(await keep(LONG_AGO)).toMatchObject({ kind: 'retryLater' });
    expect(await keep(LONG_AGO)).toMatchObject({ kind: 'done', value: { residue } });
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password2']);
    world.addToken({ password1: { createdAt: SINCE } });
    expect(await keep()).toEqual(gone);
    expect(world.controlPlane.token(token).slots).toEqual({});
  });
});

describe('restoreTokenScopeMap', () => {
  const restore = () =>
    world.activities.restoreTokenScopeMap({
      reference: reference(),
      run: RUN,
      token,
      ours: scopeMap,
      earlier: 'earlier',
    });
  const addMap = (name: string) => world.controlPlane.scopeMaps.set(name, { name, actions: [], description: 'theirs' });
  beforeEach(() => {
    addMap('earlier');
  });

  test('reports that the token keeps the app’s map if the original map was deleted, and creates none', async () => {
    world.addToken();
    world.controlPlane.scopeMaps.delete('earlier');
    const said = `token ${token}: keeps scope map ${scopeMap}, because its original scope map earlier no longer exists`;
    expect(await restore()).toEqual({ kind: 'done', value: { residue: said } });
    expect(world.wire.writes).toEqual([]);
  });

  test('restores the earlier map, and is idempotent', async () => {
    world.addToken();
    expect(await restore()).toEqual(gone);
    expect(world.controlPlane.token(token).scopeMap).toBe('earlier');
    await restore();
    expect(world.wire.count('setTokenScopeMap')).toBe(1);
  });

  test('keeps a map that somebody else gave it', async () => {
    world.addToken().scopeMap = 'somebody-elses';
    expect(await restore()).toEqual(kept);
    expect(world.controlPlane.token(token).scopeMap).toBe('somebody-elses');
  });

  test('converges if an answer was lost, or the token is gone', async () => {
    world.addToken();
    await throughFault(restore, 'setTokenScopeMap', 'after');
    world.controlPlane.tokens.delete(token);
    expect(await restore()).toEqual(gone);
  });
});

describe('removeToken', () => {
  const remove = () =>
    world.activities.removeToken({
      reference: reference(),
      run: RUN,
      token,
      scopeMap,
      since: SINCE,
    });
  const add = (changes = {}) => Object.assign(world.addToken(), { createdAt: SINCE, ...changes });

  test('disables the token before it deletes it, and is idempotent', async () => {
    add();
    expect(await remove()).toEqual(gone);
    expect(world.wire.writes).toEqual(['disableToken', 'deleteToken']);
    expect(await remove()).toEqual(gone);
    expect(world.wire.writes).toHaveLength(2);
  });

  test('keeps a token that is older than the run, or that somebody changed', async () => {
    add({ createdAt: LONG_AGO });
    expect(await remove()).toEqual(kept);
    add({ scopeMap: 'somebody-elses' });
    expect(await remove()).toEqual(kept);
    expect(world.wire.writes).toEqual([]);
  });

  test.each([
    ['disableToken', 'after'],
    ['deleteToken', 'before'],
    ['deleteToken', 'after'],
  ] as const)('converges when %s failed %s its effect', async (method, when) => {
    add();
    await throughFault(remove, method, when);
    expect(world.controlPlane.tokens.has(token)).toBe(false);
  });

  test('reports that the token is bound again if ARM refuses the deletion for that', async () => {
    add();
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    expect(await remove()).toEqual({ kind: 'done', value: { isBound: true } });
    expect([world.controlPlane.tokens.has(token), world.controlPlane.token(token).isEnabled]).toEqual([true, false]);
  });

  test('leaves the token disabled if it cannot be deleted', async () => {
    add();
    world.wire.fail('deleteToken', { when: 'before', kind: 'forbidden' });
    expect(await remove()).toMatchObject({ kind: 'failed', code: 'service-forbidden' });
    expect(world.controlPlane.token(token).isEnabled).toBe(false);
  });
});
