import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { offboardIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { offboardAfterOnboarding } from '../fakes/worlds/offboardWorld.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { candidate, isGone, LONG_AGO, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const bound = () => world.controlPlane.clientsOf(CONNECTED_REGISTRY);
const everyVersion = () => [...world.vault.versionsOf(main), ...world.vault.versionsOf(candidate)];

describe('an offboarding keeps what is not ours', () => {
  test('such as an older token, which stays unbound and without our password', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    const { outcome } = await offboardAfterOnboarding(world, flows, () => undefined, { adopt: true });

    expect(outcome).toMatchObject({ status: 'completed', result: { removed: expect.arrayContaining([]) as unknown } });
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
    expect([world.controlPlane.token(token).isEnabled, bound()]).toEqual([true, []]);
    expect(JSON.stringify(outcome.result)).toContain('because this app did not create it');
    expect(world.vault.has(main)).toBe(false);
  });

  test('such as a token with the same name that somebody created after ours was deleted', async () => {
    await offboardAfterOnboarding(world, flows, () => {
      world.controlPlane.tokens.delete(token);
      world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
      const createdAt = '2026-03-09T00:00:00.000Z';
      const slots = { password1: { value: 'theirs', createdAt } };
      world.controlPlane.tokens.set(token, { scopeMap: 'theirs', isEnabled: true, createdAt, slots });
    });
    expect(world.controlPlane.accepts(token, 'theirs')).toBe(true);
  });

  test('such as a token of the default name whose scope map lacks our mark', async () => {
    world.controlPlane.scopeMaps.set('theirs', { name: 'theirs', actions: [], description: 'theirs' });
    world.controlPlane.tokens.set(token, { scopeMap: 'theirs', isEnabled: true, createdAt: LONG_AGO, slots: {} });
    const { outcome } = await offboardIn(flows);
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: false } });
    expect(world.wire.writes).toEqual([]);
  });

  test('such as a connected registry’s own token that tags name', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () => {
      for (const version of everyVersion()) version.tags = { ...version.tags, token: CONNECTED_REGISTRY };
    });
    expect(outcome.status).toBe('completed');
    expect(world.controlPlane.token(CONNECTED_REGISTRY).isEnabled).toBe(true);
  });

  test('such as a scope map that others use, or one without our mark', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      world.controlPlane.tokens.set('other', { scopeMap, isEnabled: true, createdAt: LONG_AGO, slots: {} }),
    );

    expect(outcome).toMatchObject({
      result: { kept: [`scope map ${scopeMap}: kept, because 1 other token(s) use it`] },
    });
    expect(world.controlPlane.scopeMaps.has(scopeMap)).toBe(true);
  });

  test('such as a scope map that another run has just adopted', async () => {
    const hold = {
      registry: 'myregistry',
      scopeMap,
      token: 'other',
      run: 'other-run',
      deadline: '2027-01-01T00:00:00Z',
    };
    const by = { operation: 'other.run', actor: 'event' };

    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      flows.maps.request('ensureScopeMap', { ...hold, by }),
    );

    expect(JSON.stringify(outcome.result)).toContain('1 running operation(s) need it');

    // Should that run fail, it is the last to use the map, and takes it away.
    await flows.maps.request('release', { ...hold, by });
    expect(world.controlPlane.scopeMaps.has(scopeMap)).toBe(false);
  });

  test('such as versions of a secret that belong to another client, which stay readable', async () => {
    const tags = { managedBy: 'somebody' };
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      world.vault.store(main, '{}', { expiresOn: LONG_AGO, tags }),
    );
    expect(JSON.stringify(outcome.result)).toContain("has versions that are not this client's");
    expect((await world.vault.current(main))?.tags).toEqual(tags);
  });
});

describe('a token of an earlier onboarding', () => {
  test('still belongs to us after a later onboarding has issued a new credential for it', async () => {
    await onboardIn(world, { flows });
    const { slots } = world.controlPlane.token(token);
    delete slots.password1;
    await onboardIn(world, { flows, run: 'second-run' });

    await offboardIn(flows);

    expect(isGone(world)).toBe(true);
  });
});
