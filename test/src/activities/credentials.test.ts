import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IssuedCredential } from '../../../src/activities/credentials/issueCredentials.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, RUN } from '../fakes/answers/requests.js';
import { issueOrder, promoteOrder, PULL, reference } from '../fakes/answers/orders.js';
import { candidate, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createActivities } from '../../../src/activities/activities.js';
import type { PresentRun, Runs } from '../../../src/ports/runs.js';
import { createQueries } from '../../../src/queries/queries.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

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

describe('promote', () => {
  test('copies the candidate to the main secret, and disables the candidate', async () => {
    const issued = await issue();
    const password = world.vault.passwordIn(candidate);
    const outcome = await world.activities.promote(promoteOrder(issued));
    expect(outcome).toMatchObject({ kind: 'done', value: { promoted: true, name: main } });
    expect(world.vault.passwordIn(main)).toBe(password);
    expect(world.vault.passwordIn(candidate)).toBeUndefined();
    expect(parseTags(world.vault.versionsOf(main)[0]?.tags ?? {})?.pull).toEqual(PULL);
  });

  test('of a first password reads the candidate, writes the main secret and disables the candidate: three calls', async () => {
    const issued = await issue();
    world.wire.calls.length = 0;
    await world.activities.promote(promoteOrder(issued));
    expect(world.wire.calls).toEqual(['getConnectedRegistry', 'copy', 'disable']);
  });

  test('that a process began which died then is found by its disabled candidate', async () => {
    const issued = await issue();
    const first = await world.activities.promote(promoteOrder(issued));
    const { promote } = createActivities(world.ports, createQueries(world.ports, world.config), world.config);
    expect(await promote(promoteOrder(issued))).toEqual(first);
    expect(world.vault.versionsOf(main)).toHaveLength(1);
  });

  test('in a process that did not begin it ends also where the one that did died before it disabled the candidate', async () => {
    const issued = await issue();
    world.wire.fail('disable', { when: 'before' });
    await world.activities.promote(promoteOrder(issued));
    const { promote } = createActivities(world.ports, createQueries(world.ports, world.config), world.config);
    expect(await promote(promoteOrder(issued))).toMatchObject({ kind: 'done', value: { promoted: true } });
    // The same credential twice: nothing tells it from one that was not copied yet, but a read for each client.
    const versions = world.vault.versionsOf(main);
    expect(new Set(versions.map(({ value }) => value)).size).toBe(1);
    expect(world.vault.passwordIn(candidate)).toBeUndefined();
  });

  test('looks for its own version before it binds again, whichever process made it', async () => {
    const issued = await issue();
    await world.activities.promote(promoteOrder(issued));
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
    vi.setSystemTime(Date.now() + 60_000);
    const { promote } = createActivities(world.ports, createQueries(world.ports, world.config), world.config);
    expect(await promote(promoteOrder(issued))).toMatchObject({ value: { promoted: true } });
  });

  test('disables the candidates of earlier runs, too, and none of others', async () => {
    await issue({ run: 'run0000000000000' });
    const foreign = await world.vault.store(candidate, '{}', { expiresOn: '2026-05-30T12:00:00.000Z', tags: {} });
    await world.activities.promote(promoteOrder(await issue()));
    const enabled = world.vault.versionsOf(candidate).filter(({ isEnabled }) => isEnabled);
    expect(enabled.map(({ version }) => version)).toEqual([foreign.version]);
  });

  test('keeps the candidates of a later run or attempt when it is repeated late', async () => {
    const issued = await issue();
    await world.activities.promote(promoteOrder(issued));
    const mainVersion = world.vault.versionsOf(main).at(-1)?.version ?? '';
    for (const later of [{ attempt: 2 }, { run: `${RUN}-later`, mainVersion }]) {
      await issue(later);
      await world.activities.promote(promoteOrder(issued));
      expect(world.vault.passwordIn(candidate)).toBeDefined();
    }
  });

  test('run twice creates one version, with the same outcome', async () => {
    const issued = await issue();
    const first = await world.activities.promote(promoteOrder(issued));
    expect(await world.activities.promote(promoteOrder(issued))).toEqual(first);
    expect(world.vault.versionsOf(main)).toHaveLength(1);
  });

  test.each([
    ['copy', 'after'],
    ['copy', 'before'],
    ['disable', 'before'],
    ['disable', 'after'],
  ] as const)('converges to one version when %s failed %s its effect', async (method, when) => {
    const issued = await issue();
    world.wire.fail(method, { when });
    expect(await world.activities.promote(promoteOrder(issued))).toMatchObject({ kind: 'retryLater' });
    expect(await world.activities.promote(promoteOrder(issued))).toMatchObject({ kind: 'done' });
    expect(world.vault.versionsOf(main)).toHaveLength(1);
    expect(world.vault.passwordIn(candidate)).toBeUndefined();
  });

  test('creates no version if the binding is gone, and keeps the candidate', async () => {
    const issued = await issue();
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['others'] });
    expect(await world.activities.promote(promoteOrder(issued))).toEqual({ kind: 'done', value: { promoted: false } });
    expect([world.vault.has(main), world.vault.passwordIn(candidate)]).not.toContain(undefined);
  });

  test('completes a promotion that it began, even if the binding was removed since', async () => {
    const issued = await issue();
    world.wire.fail('disable', { when: 'before' });
    await world.activities.promote(promoteOrder(issued));
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: ['others'] });
    expect(await world.activities.promote(promoteOrder(issued))).toMatchObject({ value: { promoted: true } });
    expect(world.vault.passwordIn(candidate)).toBeUndefined();
  });

  test('copies that exact version, not the newest one', async () => {
    const issued = await issue();
    const password = world.vault.passwordIn(candidate);
    await issue({ attempt: 2 });
    await world.activities.promote(promoteOrder(issued));
    expect(world.vault.passwordIn(main)).toBe(password);
  });

  test('fails when the connected registry was deleted', async () => {
    const issued = await issue();
    world.controlPlane.connectedRegistries.clear();
    expect(await world.activities.promote(promoteOrder(issued))).toMatchObject({
      code: 'connected-registry-not-found',
    });
  });
});

describe('recordVerification', () => {
  const record = async (changes = {}) => {
    const version = world.vault.versionsOf(main).at(-1)?.version ?? '';
    const pull = { ...PULL, verifiedAt: '2026-03-02T00:00:00.000Z' };
    return world.activities.recordVerification({ reference: reference(), version, scopeMap, pull, ...changes });
  };
  beforeEach(async () => {
    await world.activities.promote(promoteOrder(await issue()));
  });
  const tags = () => world.vault.versionsOf(main).at(-1)?.tags ?? {};

  test('records the new pull, keeps value and version, and is idempotent', async () => {
    const password = world.vault.passwordIn(main);
    expect(await record()).toMatchObject({ kind: 'done' });
    const once = tags();
    await record();
    expect(tags()).toEqual(once);
    expect(parseTags(once)?.pull?.verifiedAt).toBe('2026-03-02T00:00:00.000Z');
    expect([world.vault.passwordIn(main), world.vault.versionsOf(main).length]).toEqual([password, 1]);
  });

  test("keeps other people's tags", async () => {
    const [version] = world.vault.versionsOf(main);
    if (version) version.tags = { ...version.tags, owner: 'team-a' };
    await record();
    expect(tags()['owner']).toBe('team-a');
  });

  test('replaces the image of an earlier pull together with its digest', async () => {
    const image = `${'a/'.repeat(120)}a:${'t'.repeat(100)}`;
    await record({ pull: { ...PULL, image } });
    expect(parseTags(tags())?.pull?.image).not.toBe(PULL.image);
  });

  test('fails if the secret was changed in the meantime', async () => {
    expect(await record({ version: 'another' })).toMatchObject({ kind: 'failed', code: 'secret-changed' });
  });
});
