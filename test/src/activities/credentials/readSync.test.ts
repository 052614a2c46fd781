import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { registry, connectedRegistry } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('readSync', () => {
  const read = () => world.activities.readSync({ registry, connectedRegistry });

  test('returns when the connected registry last synced', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: '2026-03-01T11:59:00.000Z' });
    expect(await read()).toMatchObject({ kind: 'done', value: { lastSyncTime: '2026-03-01T11:59:00.000Z' } });
  });

  test('fails when the connected registry was deleted', async () => {
    world.controlPlane.connectedRegistries.clear();
    expect(await read()).toMatchObject({ kind: 'failed', code: 'connected-registry-not-found' });
  });
});
