import { beforeEach, describe, expect, test } from 'vitest';
import type { MapHolderRequest } from '../../../src/domain/scopeMaps/mapHolds.js';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { createMapHolderEntity } from '../fakes/entities/mapHolderEntity.js';
import { onboarding } from '../fakes/answers/requests.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const SINCE = '2026-03-01T12:00:00.000Z';
const { registry, scopeMap, token } = onboarding();
let world: World;
let holder: ReturnType<typeof createMapHolderEntity>;
beforeEach(() => {
  world = createWorld();
  holder = createMapHolderEntity(world);
});
const of = (run: string, changes: Partial<MapHolderRequest> = {}): MapHolderRequest => ({
  registry,
  scopeMap,
  token: 'our-token',
  run,
  deadline: '2026-04-01T00:00:00.000Z',
  by: { operation: `client.${run}`, actor: 'function-key' },
  ...changes,
});
const maker = of('maker', { absentAt: SINCE });
const add = (changes = {}) =>
  world.controlPlane.scopeMaps.set(scopeMap, {
    name: scopeMap,
    actions: [],
    description: SCOPE_MAP_MARK,
    createdAt: SINCE,
    ...changes,
  });
const exists = () => world.controlPlane.scopeMaps.has(scopeMap);
const gone = { kind: 'done', value: {} };
const kept = { kind: 'done', value: { kept: expect.stringContaining(scopeMap) as string } };

describe('a rolled-back run', () => {
  test('deletes the map that it created, and is idempotent', async () => {
    add();
    await holder.request('hold', of('maker'));
    expect(await holder.request('release', maker)).toEqual(gone);
    expect(await holder.request('release', maker)).toEqual(gone);
    expect([exists(), world.wire.writes]).toEqual([false, ['deleteScopeMap']]);
  });

  test('never deletes a map that existed before, and reads nothing for that', async () => {
    add();
    await holder.request('hold', of('adopter'));
    expect(await holder.request('release', of('adopter'))).toEqual(gone);
    expect([exists(), world.wire.writes]).toEqual([true, []]);
  });

  test('keeps the map for another run that has just adopted it', async () => {
    add();
    await holder.request('hold', of('maker'));
    await holder.request('hold', of('adopter'));
    expect(await holder.request('release', maker)).toEqual(kept);
    expect(exists()).toBe(true);
  });

  test('leaves the deletion to that run, if that fails too', async () => {
    add();
    await holder.request('hold', of('maker'));
    await holder.request('hold', of('adopter'));
    await holder.request('release', maker);
    expect(await holder.request('release', of('adopter'))).toEqual(gone);
    expect(exists()).toBe(false);
  });

  test('does not delete a map that another run uses by now', async () => {
    add();
    await holder.request('hold', of('maker'));
    await holder.request('hold', of('adopter'));
    await holder.request('release', maker);
    await holder.request('complete', of('adopter'));
    await holder.request('hold', of('third'));
    expect(await holder.request('release', of('third'))).toEqual(gone);
    expect(exists()).toBe(true);
  });

  test('does not wait for a lost run beyond its deadline', async () => {
    add();
    await holder.request('hold', of('lost', { deadline: '2026-03-02T00:00:00.000Z' }));
    const later = new Date('2026-03-03T00:00:00.000Z');
    expect(await holder.request('release', maker, later)).toEqual(gone);
    expect(exists()).toBe(false);
  });

  test.each([
    ['without our mark', { description: 'by hand' }],
    ['older than the run', { createdAt: '2025-01-01T00:00:00.000Z' }],
  ])('keeps a map %s', async (_, changes) => {
    add(changes);
    expect(await holder.request('release', maker)).toEqual(kept);
    expect(exists()).toBe(true);
  });

  test('keeps a map that another token uses', async () => {
    world.addToken();
    add();
    expect(await holder.request('release', maker)).toEqual(kept);
    expect(world.wire.writes).toEqual([]);
  });

  test('lists a map as residue if its own token, whose deletion failed, still uses it', async () => {
    world.addToken();
    add();
    const own = { ...maker, token };
    expect(await holder.request('release', own)).toMatchObject({
      value: { residue: expect.stringContaining(token) as string },
    });
  });

  test('retries a deletion whose answer was lost', async () => {
    add();
    world.wire.fail('deleteScopeMap', { when: 'after', kind: 'unavailable' });
    expect(await holder.request('release', maker)).toMatchObject({ kind: 'retryLater' });
    expect(await holder.request('release', maker)).toEqual(gone);
    expect([exists(), holder.state()]).toEqual([false, { holds: [] }]);
  });
});
