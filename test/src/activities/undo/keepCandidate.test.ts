import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onboarding, RUN } from '../../fakes/answers/requests.js';
import { issueOrder, reference } from '../../fakes/answers/orders.js';
import { candidate, LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { gone, kept, SINCE } from './undoUnderTest.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { token } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('keepCandidate', () => {
  const keep = (earlier?: string) =>
    world.activities.keepCandidate({
      vaultHost: undefined,
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
