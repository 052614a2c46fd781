import { beforeEach, describe, expect, test } from 'vitest';
import type { MapHolderRequest, WantedMap } from '../../../src/domain/scopeMaps/mapHolds.js';
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
  wanted: { actions: [] },
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
    await holder.request('ensureScopeMap', of('maker'));
    expect(await holder.request('release', maker)).toEqual(gone);
    expect(await holder.request('release', maker)).toEqual(gone);
    expect([exists(), world.wire.writes]).toEqual([false, ['deleteScopeMap']]);
  });

  test('never deletes a map that existed before, and reads nothing for that', async () => {
    add();
    await holder.request('ensureScopeMap', of('adopter'));
    expect(await holder.request('release', of('adopter'))).toEqual(gone);
    expect([exists(), world.wire.writes]).toEqual([true, []]);
  });

  test('keeps the map for another run that has just adopted it', async () => {
    add();
    await holder.request('ensureScopeMap', of('maker'));
    await holder.request('ensureScopeMap', of('adopter'));
    expect(await holder.request('release', maker)).toEqual(kept);
    expect(exists()).toBe(true);
  });

  test('leaves the deletion to that run, if that fails too', async () => {
    add();
    await holder.request('ensureScopeMap', of('maker'));
    await holder.request('ensureScopeMap', of('adopter'));
    await holder.request('release', maker);
    expect(await holder.request('release', of('adopter'))).toEqual(gone);
    expect(exists()).toBe(false);
  });

  test('does not delete a map that another run uses by now', async () => {
    add();
    await holder.request('ensureScopeMap', of('maker'));
    await holder.request('ensureScopeMap', of('adopter'));
    await holder.request('release', maker);
    await holder.request('complete', of('adopter'));
    await holder.request('ensureScopeMap', of('third'));
    expect(await holder.request('release', of('third'))).toEqual(gone);
    expect(exists()).toBe(true);
  });

  test('does not wait for a lost run beyond its deadline', async () => {
    add();
    await holder.request('ensureScopeMap', of('lost', { deadline: '2026-03-02T00:00:00.000Z' }));
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
    expect([exists(), holder.state()]).toEqual([false, { holds: [], deletedAt: SINCE }]);
  });
});

describe('a run that needs the map', () => {
  const actions = ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'];
  const wanted = { actions };
  const later = (seconds: number) => new Date(Date.parse(SINCE) + seconds * 1000);
  const ensure = (run: string, changes: Partial<WantedMap> = {}, at = later(0)) =>
    holder.request('ensureScopeMap', of(run, { wanted: { ...wanted, ...changes } }), at);
  const done = { kind: 'done', value: {} };

  test('creates a missing map with the app’s mark, and is idempotent', async () => {
    expect(await ensure('one')).toEqual(done);
    expect(world.controlPlane.scopeMaps.get(scopeMap)).toMatchObject({ description: SCOPE_MAP_MARK, actions });
    expect(await ensure('one')).toEqual(done);
    expect(world.wire.writes).toEqual(['createScopeMap']);
  });

  test('adopts a map with equal rights in another order', async () => {
    add({ actions: [...actions].reverse(), description: 'by hand' });
    expect(await ensure('one')).toEqual(done);
    expect(world.wire.writes).toEqual([]);
  });

  test('never overwrites a different map, and looks again after that', async () => {
    add();
    expect(await ensure('one')).toMatchObject({ kind: 'failed', code: 'scope-map-different' });
    expect(world.wire.writes).toEqual([]);
    add({ actions });
    expect(await ensure('one')).toEqual(done);
  });

  test('restores the rights of its own map when that is asked for', async () => {
    add();
    expect(await ensure('one', { restore: true })).toEqual(done);
    expect([world.controlPlane.scopeMaps.get(scopeMap)?.actions, world.wire.writes]).toEqual([
      actions,
      ['setScopeMapActions'],
    ]);
  });

  test('converges when the answer to its write was lost', async () => {
    world.wire.fail('createScopeMap', { when: 'after' });
    expect(await ensure('one')).toMatchObject({ kind: 'retryLater' });
    expect(await ensure('one')).toEqual(done);
    expect(world.wire.writes).toEqual(['createScopeMap']);
  });

  test('shares one read and one write with all who need it within ten seconds', async () => {
    for (let run = 0; run < 50; run += 1) expect(await ensure(`run-${run}`)).toEqual(done);
    expect(world.wire.calls).toEqual(['getScopeMap', 'createScopeMap']);
    await ensure('late', {}, later(11));
    expect(world.wire.calls).toEqual(['getScopeMap', 'createScopeMap', 'getScopeMap']);
  });

  test('does not read again what its preflight saw a moment ago', async () => {
    add({ actions });
    expect(await ensure('one', { seenAt: SINCE }, later(3))).toEqual(done);
    expect(world.wire.calls).toEqual([]);
    await ensure('two', { seenAt: SINCE }, later(60));
    expect(world.wire.calls).toEqual(['getScopeMap']);
  });

  test('creates the map again that was deleted since its preflight saw it', async () => {
    await ensure('maker');
    await holder.request('release', maker);
    expect(exists()).toBe(false);
    expect(await ensure('adopter', { seenAt: SINCE }, later(1))).toEqual(done);
    expect(exists()).toBe(true);
  });

  test('has its own look when another run wants the map with other rights', async () => {
    await ensure('one');
    expect(await ensure('two', { actions: ['repositories/other/content/read'] })).toMatchObject({ kind: 'failed' });
  });
});
