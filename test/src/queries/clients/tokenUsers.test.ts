import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defaultTokenName, mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { addFleet, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-02T12:00:00Z') });
  world = createWorld();
  await addFleet(world, 60);
  world.wire.calls.length = 0;
});
afterEach(() => vi.useRealTimers());

const users = () => world.queries.tokenUsers;
const token = (nth: number) => defaultTokenName(referenceOf(nth));

test('finds the clients whose secrets name a token, but the one that asks, with one reading of the vault for all', async () => {
  const found = await Promise.all([
    users().others(token(1), referenceOf(0)),
    users().others(token(1).toUpperCase(), referenceOf(2)),
  ]);
  for (const others of found) expect(others).toMatchObject([referenceOf(1)]);
  expect(await users().others(token(1), referenceOf(1))).toEqual([]);
  expect(world.wire.count('page')).toBe(Math.ceil(120 / 25));
  vi.setSystemTime(new Date('2026-03-02T12:01:00Z'));
  await users().clients();
  expect(world.wire.count('page')).toBe(2 * Math.ceil(120 / 25));
});

test('looks at whom it has found again: one whose secrets name another token by now is no user any more', async () => {
  await users().clients();
  const name = mainSecretName(referenceOf(1));
  await world.vault.remove(name);
  await world.vault.remove(`${name}-candidate`);
  expect(await users().others(token(1), referenceOf(0))).toEqual([]);
});

test('keeps no reading that failed', async () => {
  world.wire.fail('page', { when: 'before', kind: 'unavailable' });
  await expect(users().clients()).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await users().clients()).toHaveLength(60);
});

test('is not asked for a token of a name of ours that holds nothing but the client’s passwords', async () => {
  const { client, connectedRegistry } = referenceOf(3);
  const [main] = world.vault.versionsOf(mainSecretName(referenceOf(3))).slice(-1);
  expect(parseTags(main?.tags ?? {})?.client).toBe(client);
  await world.queries.planRotation({ ...referenceOf(3), urgent: false }, undefined);
  await world.queries.check.clients([referenceOf(3)]);
  expect([world.wire.count('page'), connectedRegistry]).toEqual([0, referenceOf(3).connectedRegistry]);
});

test('reads again after the clock was set back: who uses a token now is not known from a reading of that time', async () => {
  vi.setSystemTime(new Date('2026-03-02T13:00:00Z'));
  await users().clients();
  vi.setSystemTime(new Date('2026-03-02T12:00:00Z'));
  world.wire.calls.length = 0;
  expect(await users().others(token(1), referenceOf(0))).toMatchObject([referenceOf(1)]);
  expect(world.wire.count('page')).toBe(Math.ceil(120 / 25));
});

test('shares a reading that is not over yet, also after the clock was set back', async () => {
  const first = users().clients();
  vi.setSystemTime(new Date('2026-03-02T11:00:00Z'));
  const second = users().clients();
  await Promise.all([first, second]);
  expect(world.wire.count('page')).toBe(Math.ceil(120 / 25));
});
