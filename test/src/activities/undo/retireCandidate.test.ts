import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RUN } from '../../fakes/answers/requests.js';
import { issueOrder, reference } from '../../fakes/answers/orders.js';
import { candidate } from '../../fakes/worlds/defaultClient.js';
import { gone, kept, SINCE, throughFault } from './undoUnderTest.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('retireCandidate', () => {
  const retire = () => world.activities.retireCandidate({ vaultHost: undefined, reference: reference(), run: RUN });
  beforeEach(() => void world.addToken());

  test('disables and soft-deletes the candidate of this run, and is idempotent', async () => {
    await world.activities.issueCredentials(issueOrder());
    expect(await retire()).toEqual(gone);
    expect(world.vault.has(candidate)).toBe(false);
    expect(world.vault.versionsOf(candidate)[0]?.isEnabled).toBe(false);
    expect(await retire()).toEqual(gone);
  });

  test('does nothing if none was saved', async () => {
    expect(await retire()).toEqual(gone);
    expect(world.wire.writes).not.toContain('disable');
  });

  test("keeps another run's candidate", async () => {
    await world.activities.issueCredentials(issueOrder({ run: 'other-run' }));
    expect(await retire()).toEqual(kept);
    expect(world.vault.passwordIn(candidate)).toBeDefined();
  });

  test.each([
    ['disable', 'before'],
    ['disable', 'after'],
    ['remove', 'before'],
    ['remove', 'after'],
  ] as const)('leaves no candidate behind when %s failed %s its effect', async (method, when) => {
    await world.activities.issueCredentials(issueOrder());
    await throughFault(world, retire, method, when);
    expect(world.vault.has(candidate)).toBe(false);
  });
});
