import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { worstPathSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import { ancestorsOf, createRegistryFacts } from '../../../../src/queries/registry/registryFacts.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld } from '../../fakes/worlds/world.js';

describe('registry facts', () => {
  beforeEach(() => vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') }));
  afterEach(() => vi.useRealTimers());

  function setUp() {
    const world = createWorld();
    return { ...world, facts: createRegistryFacts(world.ports.controlPlane) };
  }

  test('are read once in 60 seconds, for the name in any case', async () => {
    const { facts, wire } = setUp();
    const first = await facts.slowFacts(REGISTRY);
    vi.advanceTimersByTime(59_999);
    expect(await facts.slowFacts(REGISTRY.toUpperCase())).toBe(first);
    expect(wire.calls).toEqual(['getRegistry', 'listConnectedRegistries']);
    vi.advanceTimersByTime(1);
    await facts.slowFacts(REGISTRY);
    expect(wire.count('getRegistry')).toBe(2);
  });

  test('are read once for all who ask at the same time', async () => {
    const { facts, wire } = setUp();
    await Promise.all(Array.from({ length: 40 }, () => facts.syncScope(REGISTRY, CONNECTED_REGISTRY)));
    expect(wire.calls).toEqual(['getToken', 'getScopeMap']);
  });

  test('are asked for again at once after a failure', async () => {
    const { facts, wire } = setUp();
    wire.fail('getRegistry', { when: 'before' });
    await expect(facts.slowFacts(REGISTRY)).rejects.toThrow('getRegistry');
    expect((await facts.slowFacts(REGISTRY)).registry?.name).toBe(REGISTRY);
  });

  test('keep the scopes of two connected registries apart', async () => {
    const { facts, controlPlane } = setUp();
    controlPlane.tokens.set('other', { scopeMap: 'none', isEnabled: true, createdAt: '', slots: {} });
    expect(await facts.syncScope(REGISTRY, 'other')).toEqual([]);
    expect(await facts.syncScope(REGISTRY, CONNECTED_REGISTRY)).toContain('repositories/hello-world/content/read');
  });

  test('have a parent that the listing lacks, with nothing known of it', () => {
    const child = { name: 'hall1', parent: 'Above', mode: 'ReadOnly', isActive: true, clientTokens: [] };
    const [above, ...more] = ancestorsOf({ registry: undefined, connectedRegistries: [] }, child);
    expect([above?.name, above?.isActive, more]).toEqual(['Above', undefined, []]);
    expect(worstPathSeconds([child, ...(above ? [above] : [])], new Date())).toBeUndefined();
  });

  test('leave gateway rights out of a sync scope', async () => {
    const { facts } = setUp();
    expect((await facts.syncScope(REGISTRY, CONNECTED_REGISTRY))?.join()).not.toContain('gateway/');
  });

  test('know no sync scope without the sync token', async () => {
    const { facts } = setUp();
    expect(await facts.syncScope(REGISTRY, 'deleted')).toBeUndefined();
  });

  test('say nothing of connected registries when the registry is not there', async () => {
    const { facts, controlPlane } = setUp();
    controlPlane.registry = undefined;
    expect(await facts.slowFacts(REGISTRY)).toEqual({ registry: undefined, connectedRegistries: [] });
  });

  test('do not take a listing that failed for an empty one', async () => {
    const { facts, wire } = setUp();
    wire.fail('listConnectedRegistries', { when: 'before', kind: 'forbidden' });
    await expect(facts.slowFacts(REGISTRY)).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
