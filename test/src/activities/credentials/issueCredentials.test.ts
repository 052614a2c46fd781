import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IssuedCredential } from '../../../../src/activities/credentials/issueCredentials.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, RUN } from '../../fakes/answers/requests.js';
import { issueOrder } from '../../fakes/answers/orders.js';
import { candidate, main, scopeMap, token } from '../../fakes/worlds/defaultClient.js';
import type { PresentRun, Runs } from '../../../../src/ports/runs.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  world.addToken();
  world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
});
afterEach(() => vi.useRealTimers());

async function issue(changes = {}): Promise<IssuedCredential> {
  const outcome = await world.activities.issueCredentials(issueOrder(changes));
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

describe('issueCredentials', () => {
  test('saves a working password as the candidate, and discloses nothing of it', async () => {
    const issued = await issue();
    const password = world.vault.passwordIn(candidate) ?? '';
    expect(world.controlPlane.accepts(token, password)).toBe(true);
    expect(issued).toMatchObject({ name: candidate, slot: 'password1', expiresOn: issueOrder().expiresOn });
    for (const form of [password, Buffer.from(`${token}:${password}`).toString('base64'), encodeURIComponent(password)])
      expect(JSON.stringify(issued)).not.toContain(form);
    expect(world.vault.has(main)).toBe(false);
  });

  test('run twice generates once, with the same outcome', async () => {
    // Only the first call knows that the secret had no version before.
    const { isOnlyVersion, ...first } = await issue();
    expect(isOnlyVersion).toBe(true);
    expect(await issue()).toEqual(first);
    expect([world.wire.count('generatePassword'), world.wire.count('store')]).toEqual([1, 1]);
  });

  test('does not generate again if only the answer to the save was lost', async () => {
    world.wire.fail('store', { when: 'after' });
    expect(await world.activities.issueCredentials(issueOrder())).toMatchObject({ kind: 'retryLater' });
    await issue();
    expect(world.wire.count('generatePassword')).toBe(1);
    expect(world.controlPlane.accepts(token, world.vault.passwordIn(candidate) ?? '')).toBe(true);
  });

  test.each([
    ['generatePassword', 'before'],
    ['generatePassword', 'after'],
    ['store', 'before'],
  ] as const)(
    'issues the same slot again after %s failed %s its effect, and touches no other',
    async (method, when) => {
      world.controlPlane.token(token).slots.password2 = { value: 'in-use', createdAt: '2025-01-01T00:00:00.000Z' };
      world.wire.fail(method, { when });
      expect(await world.activities.issueCredentials(issueOrder())).toMatchObject({ kind: 'retryLater' });
      await issue();
      expect(world.controlPlane.accepts(token, world.vault.passwordIn(candidate) ?? '')).toBe(true);
      expect(world.controlPlane.accepts(token, 'in-use')).toBe(true);
    },
  );

  test('does not reuse the candidate of an earlier run or attempt', async () => {
    await issue({ run: 'earlier-run' });
    await issue();
    await issue({ attempt: 2 });
    expect(world.wire.count('generatePassword')).toBe(3);
  });

  test('issues again if somebody generated another password in the slot', async () => {
    await issue();
    world.controlPlane.token(token).slots.password1 = { value: 'other', createdAt: '2026-03-01T12:00:09.000Z' };
    await issue();
    expect(world.controlPlane.accepts(token, world.vault.passwordIn(candidate) ?? '')).toBe(true);
  });

  test('reads the main secret only where the run may no longer be at work', async () => {
    const present = (changes = {}) => ({
      present: async () => ({ id: { instance: 'client', run: RUN }, hasEnded: false, ...changes }) as PresentRun,
    });
    const counted = async (runs?: Pick<Runs, 'present'>) => {
      world = createWorld();
      world.addToken();
      await world.activities.issueCredentials(issueOrder(), runs);
      return world.wire.count('newest');
    };
    expect(await counted(present())).toBe(1);
    expect(await counted(present({ hasEnded: true }))).toBe(2);
    expect(await counted(present({ id: { instance: 'client', run: 'another' } }))).toBe(2);
    expect(await counted({ present: () => Promise.reject(new Error('no answer')) })).toBe(2);
    expect(await counted()).toBe(2);
  });

  test("lets the password outlive the secret's expiry, and records what it issued", async () => {
    const { slotCreatedAt, expiresOn } = await issue();
    const slot = world.controlPlane.token(token).slots.password1;
    expect(new Date(slot?.expiresAt ?? 0).getTime()).toBeGreaterThan(new Date(expiresOn).getTime());
    const tags = parseTags(world.vault.versionsOf(candidate)[0]?.tags ?? {});
    expect(tags).toMatchObject({ token, scopeMap, slot: 'password1', issued: { run: RUN, attempt: 1, slotCreatedAt } });
    expect(tags?.pull).toBeUndefined();
  });

  test('reuses the name of a soft-deleted secret, whose other versions are back then', async () => {
    await issue({ run: 'earlier-run' });
    await world.vault.remove(candidate);
    expect(await issue()).not.toHaveProperty('isOnlyVersion');
    expect(world.vault.has(candidate)).toBe(true);
  });
});
