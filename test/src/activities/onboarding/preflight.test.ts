import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onboarding } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('preflight', () => {
  test('returns problems in its plan, and retries an unreachable service', async () => {
    const wanted = { vaultHost: undefined, onboarding: onboarding({ repositories: ['other'] }) };
    expect(await world.activities.preflight(wanted)).toMatchObject({
      kind: 'done',
      value: { problems: [{ code: 'repository-not-synced' }] },
    });
    vi.advanceTimersByTime(60_000);
    world.wire.fail('listTokens', { when: 'before' });
    expect(await world.activities.preflight(wanted)).toMatchObject({ kind: 'retryLater' });
  });
});
