import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IssuedCredential } from '../../../../src/activities/credentials/issueCredentials.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, RUN } from '../../fakes/answers/requests.js';
import { issueOrder, promoteOrder, PULL } from '../../fakes/answers/orders.js';
import { candidate, main, token } from '../../fakes/worlds/defaultClient.js';
import { createActivities } from '../../../../src/activities/activities.js';
import { createQueries } from '../../../../src/queries/queries.js';
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
