import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatTags, parseTags } from '@connected-registry/protocol/names/secretTags';
import { createFlowWorld } from '../../fakes/worlds/flowWorld.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { main, token } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('a token that somebody has disabled', () => {
  test('does not make its passwords unknown: the plan names the token’s state alone, and overwrites nothing', async () => {
    await onboardIn(world);
    const slots = world.controlPlane.token(token).slots;
    // In the time after a rotation both passwords are the client's.
    const old = '2026-02-01T00:00:00.000Z';
    slots.password2 = { value: 'ours-before', createdAt: old };
    const newest = world.vault.versionsOf(main).at(-1);
    const tags = newest && parseTags(newest.tags);
    if (!newest || !tags) throw new Error('not onboarded');
    newest.tags = formatTags({
      ...tags,
      revokeOld: { slot: 'password2', createdAt: old, from: '2026-06-01T00:00:00.000Z' },
    });
    world.controlPlane.token(token).isEnabled = false;
    const { problems, credential } = await world.queries.preflight(onboarding(), undefined);
    expect([problems.map(({ code }) => code), credential.kind]).toEqual([['token-disabled'], 'keep']);
  });

  test('full of passwords of the client’s is not called full of unknown ones', async () => {
    const flows = createFlowWorld(world);
    await onboardIn(world, { flows });
    world.controlPlane.token(token).slots.password2 = { value: 'x', createdAt: '2026-02-01T00:00:00.000Z' };
    // Another endpoint than the one in the secret: a new password is needed, and there is no slot for it.
    world.controlPlane.change(CONNECTED_REGISTRY, { loginServer: 'elsewhere:8000' });
    const [problem] = (await world.queries.preflight(onboarding(), undefined)).problems;
    expect(problem).toMatchObject({ code: 'slots-in-use' });
    expect(problem?.message).toContain("password1 is the one in the client's secret, password2 is unknown");
    expect(problem?.fix).toContain('replaceSlot: password2');
  });
});
