import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OFFBOARD } from '../../../src/domain/operations/run.js';
import { offboard } from '../../../src/orchestrations/offboard.js';
import { clientRun, offboardIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { reference } from '../fakes/answers/orders.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { candidate, isGone, LONG_AGO, main, scopeMap, token } from '../fakes/worlds/defaultClient.js';
import { runFlow } from '../fakes/worlds/runFlow.js';
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
/** The offboarding of a client that was onboarded, after something happened to what it has. */
async function afterOnboarding(
  change: () => unknown = () => undefined,
  request: Readonly<Record<string, unknown>> = {},
) {
  await onboardIn(world, { flows, request });
  await change();
  world.wire.calls.length = 0;
  return offboardIn(flows);
}

describe('an offboarding', () => {
  test('takes away binding, token, scope map and secrets, and says so', async () => {
    const { outcome } = await afterOnboarding();
    expect(outcome).toMatchObject({
      status: 'completed',
      result: {
        removed: [
          `binding of ${token} to ${CONNECTED_REGISTRY}`,
          `token ${token}`,
          `scope map ${scopeMap}`,
          `secret ${main}`,
          `secret ${candidate}`,
        ],
        kept: [],
        changed: true,
      },
    });
    expect(isGone(world)).toBe(true);
    expect(everyVersion().filter(({ isEnabled }) => isEnabled)).toEqual([]);
  });

  test('whose id is older than the last run’s, since it has waited for that one, takes all away as well', async () => {
    await onboardIn(world, { flows, run: 'zzz-asked-for-later' });
    expect((await offboardIn(flows)).outcome).toMatchObject({ status: 'completed', result: { kept: [] } });
    expect(isGone(world)).toBe(true);
  });

  test('again writes nothing, also once the vault has purged what it kept of the client', async () => {
    await afterOnboarding();
    for (const purge of [() => undefined, () => world.vault.secrets.clear()]) {
      purge();
      world.wire.calls.length = 0;
      const { outcome } = await offboardIn(flows);
      expect(outcome).toMatchObject({ status: 'completed', result: { removed: [], changed: false } });
      expect(world.wire.writes).toEqual([]);
    }
  });

  test('of a client that nothing knows, as an event can ask for, names who may have been meant and writes nothing', async () => {
    await onboardIn(world, { flows });
    world.wire.calls.length = 0;
    const other = createFlowWorld(world);
    const { client } = reference();
    const run = clientRun(OFFBOARD, 'the-offboarding', '2026-03-01T12:00:00Z');
    const asked = { ...run, request: { ...run.request, client: client.toUpperCase() } };
    const { outcome } = await runFlow({ world: other, flow: offboard, input: asked });
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'client-unknown', residue: [], kept: [] } });
    expect(outcome.failure?.message).toContain(`Similar names: ${client} of ${CONNECTED_REGISTRY}`);
    expect(world.wire.writes).toEqual([]);
    // Only its run's event is noted, so that a repetition does not take the name for a known one.
    expect(
      (await runFlow({ world: other, flow: offboard, input: { ...asked, run: 'again' } })).outcome.failure?.code,
    ).toBe('client-unknown');
  });

  test('of an unknown client says so where the vault cannot list the names that are like it', async () => {
    world.wire.fail('page', { when: 'before', kind: 'forbidden', times: 20 });
    const { outcome } = await offboardIn(flows);
    expect(outcome.failure?.message).toContain('could not be looked up');
  });

  test('of a client that the client list alone knows is no unknown one', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    expect((await offboardIn(flows)).outcome.status).toBe('completed');
  });

  test('disables the token before it deletes it, and not before it is unbound', async () => {
    await afterOnboarding();
    expect(world.wire.writes.slice(0, 3)).toEqual(['setClientTokens', 'disableToken', 'deleteToken']);
  });

  test.each<[string, () => unknown]>([
    ['has only its token left', () => [main, candidate].forEach((name) => world.vault.secrets.delete(name))],
    ['has its secrets soft-deleted', () => Promise.all([main, candidate].map((name) => world.vault.remove(name)))],
    ['has only its secrets left', () => (world.controlPlane.tokens.clear(), world.controlPlane.scopeMaps.clear())],
    ['has lost its scope map’s last token', () => world.controlPlane.tokens.delete(token)],
    ['is not bound any more', () => world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] })],
    ['was disabled', () => (world.controlPlane.token(token).isEnabled = false)],
  ])('of a client that %s takes the rest away', async (_, change) => {
    const { outcome } = await afterOnboarding(change);
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: true, kept: [] } });
    expect(isGone(world)).toBe(true);
  });

  test('unbinds the token anew where others put it back on the list before it is deleted', async () => {
    await onboardIn(world, { flows });
    let restored = 0;
    const { outcome } = await offboardIn(flows, {
      before: (name) => {
        if (name !== 'deleteToken' || restored >= 2) return;
        restored += 1;
        world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
      },
    });
    expect([outcome.status, world.controlPlane.tokens.has(token)]).toEqual(['completed', false]);
    expect(world.controlPlane.clientsOf(CONNECTED_REGISTRY)).toEqual([]);
  });

  test('gives up where they put it back again and again, and lists it', async () => {
    await onboardIn(world, { flows });
    const { outcome } = await offboardIn(flows, {
      before: (name) => {
        if (name === 'deleteToken') world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
      },
    });
    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join()).toContain(`token ${token} is put on ${CONNECTED_REGISTRY} again and again`);
  });

  test('goes on when the connected registry is gone', async () => {
    const { outcome } = await afterOnboarding(() => world.controlPlane.connectedRegistries.clear());
    expect(outcome.status).toBe('completed');
    expect(world.controlPlane.tokens.has(token)).toBe(false);
  });

  test('takes a token off the list that only a lost run still requests', async () => {
    await onboardIn(world, { flows });
    await flows.binder.send('request', token, 'a-lost-run');
    await offboardIn(flows);
    expect(flows.binder.state.bindingRequests).toEqual([]);
    expect(bound()).not.toContain(token);
  });

  test('forgets what was remembered of the client, but the time of the newest event', async () => {
    await onboardIn(world, { flows });
    await flows.ask('acknowledge', { version: 'v1' });
    vi.setSystemTime(new Date('2026-03-02T00:00:00Z'));
    await offboardIn(flows);
    expect(flows.record).toEqual({
      knownSince: '2026-03-01T12:00:00.000Z',
      newestEventAt: '2026-03-02T00:00:00.000Z',
    });
    expect(flows.claims.ownerOf(token)).toBeUndefined();
  });

  test('for an old event does nothing, as rolled back', async () => {
    await onboardIn(world, { flows });
    await flows.ask('noteEvent', { at: '2026-03-01T11:00:00.000Z' });
    const { outcome } = await offboardIn(flows, { eventAt: '2026-03-01T10:00:00.000Z' });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'stale-event', residue: [] } });
    expect(bound()).toContain(token);
  });
});

describe('what is not ours', () => {
  test('a token that was there before stays, unbound and without our password', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    const { outcome } = await afterOnboarding(() => undefined, { adopt: true });
    expect(outcome).toMatchObject({ status: 'completed', result: { removed: expect.arrayContaining([]) as unknown } });
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
    expect([world.controlPlane.token(token).isEnabled, bound()]).toEqual([true, []]);
    expect(JSON.stringify(outcome.result)).toContain('because this app did not create it');
    expect(world.vault.has(main)).toBe(false);
  });

  test('a token of that name that somebody made after ours was gone is not touched', async () => {
    await afterOnboarding(() => {
      world.controlPlane.tokens.delete(token);
      world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
      const createdAt = '2026-03-09T00:00:00.000Z';
      const slots = { password1: { value: 'theirs', createdAt } };
      world.controlPlane.tokens.set(token, { scopeMap: 'theirs', isEnabled: true, createdAt, slots });
    });
    expect(world.controlPlane.accepts(token, 'theirs')).toBe(true);
  });

  test('a token of the default name whose scope map does not carry our mark is not touched', async () => {
    world.controlPlane.scopeMaps.set('theirs', { name: 'theirs', actions: [], description: 'theirs' });
    world.controlPlane.tokens.set(token, { scopeMap: 'theirs', isEnabled: true, createdAt: LONG_AGO, slots: {} });
    const { outcome } = await offboardIn(flows);
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: false } });
    expect(world.wire.writes).toEqual([]);
  });

  test('tags that name a connected registry’s own token lead to nothing', async () => {
    const { outcome } = await afterOnboarding(() => {
      for (const version of everyVersion()) version.tags = { ...version.tags, token: CONNECTED_REGISTRY };
    });
    expect(outcome.status).toBe('completed');
    expect(world.controlPlane.token(CONNECTED_REGISTRY).isEnabled).toBe(true);
  });

  test('a scope map that others use, and one without our mark, are kept', async () => {
    const { outcome } = await afterOnboarding(() =>
      world.controlPlane.tokens.set('other', { scopeMap, isEnabled: true, createdAt: LONG_AGO, slots: {} }),
    );
    expect(outcome).toMatchObject({
      result: { kept: [`scope map ${scopeMap}: kept, because 1 other token(s) use it`] },
    });
    expect(world.controlPlane.scopeMaps.has(scopeMap)).toBe(true);
  });

  test('a scope map that another run has just adopted is left to that run', async () => {
    const hold = {
      registry: 'myregistry',
      scopeMap,
      token: 'other',
      run: 'other-run',
      deadline: '2027-01-01T00:00:00Z',
    };
    const by = { operation: 'other.run', actor: 'event' };
    const { outcome } = await afterOnboarding(() => flows.maps.request('ensureScopeMap', { ...hold, by }));
    expect(JSON.stringify(outcome.result)).toContain('1 running operation(s) need it');
    // Should that run fail, it is the last to use the map, and takes it away.
    await flows.maps.request('release', { ...hold, by });
    expect(world.controlPlane.scopeMaps.has(scopeMap)).toBe(false);
  });

  test('versions of a secret that are not this client’s stay readable', async () => {
    const tags = { managedBy: 'somebody' };
    const { outcome } = await afterOnboarding(() => world.vault.store(main, '{}', { expiresOn: LONG_AGO, tags }));
    expect(JSON.stringify(outcome.result)).toContain("has versions that are not this client's");
    expect((await world.vault.current(main))?.tags).toEqual(tags);
  });
});

describe('a token that is ours since an earlier onboarding', () => {
  test('counts as ours after another one has issued a new credential for it', async () => {
    await onboardIn(world, { flows });
    const { slots } = world.controlPlane.token(token);
    delete slots.password1;
    await onboardIn(world, { flows, run: 'second-run' });
    await offboardIn(flows);
    expect(isGone(world)).toBe(true);
  });
});

const CALLS = ['setClientTokens', 'disableToken', 'deleteToken', 'deleteScopeMap', 'disable', 'remove', 'versions'];

describe('a call that breaks', () => {
  test.each(CALLS.flatMap((call) => (['before', 'after'] as const).map((when) => [call, when] as const)))(
    'is gone through: %s failed %s its effect',
    async (call, when) => {
      const { outcome } = await afterOnboarding(() => world.wire.fail(call, { when, times: 2 }));
      expect([outcome.status, isGone(world)]).toEqual(['completed', true]);
    },
  );

  test('for good leaves what hangs on it, each with the reason, and a repetition takes it away', async () => {
    const { outcome } = await afterOnboarding(() =>
      world.wire.fail('deleteToken', { when: 'before', kind: 'forbidden' }),
    );
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'service-forbidden' } });
    expect(outcome.failure?.residue).toEqual([
      expect.stringContaining(`token ${token}: `) as unknown,
      `scope map ${scopeMap}: it stays while a token has it`,
      `secret ${main}: it stays until what its tags name is gone`,
      `secret ${candidate}: it stays until what its tags name is gone`,
    ]);
    expect([world.controlPlane.token(token).isEnabled, bound()]).toEqual([false, []]);
    expect((await offboardIn(flows)).outcome.status).toBe('completed');
    expect(isGone(world)).toBe(true);
  });

  test('before anything is known of the client takes nothing away, and says that it does not know', async () => {
    const { outcome } = await afterOnboarding(() => world.wire.fail('versions', { when: 'before', kind: 'forbidden' }));
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'service-forbidden' } });
    expect(outcome.failure?.residue).toEqual([expect.stringContaining('unknown') as unknown]);
    expect(world.wire.writes).toEqual([]);
  });

  test('while the list cannot be written: the token is disabled all the same', async () => {
    const { outcome } = await afterOnboarding(() =>
      world.wire.fail('setClientTokens', { when: 'before', kind: 'forbidden' }),
    );
    expect(outcome.status).toBe('failed');
    expect(world.controlPlane.tokens.get(token)?.isEnabled ?? false).toBe(false);
  });
});

describe('a dry run', () => {
  test('tells the very writes that the offboarding then makes, and writes nothing itself', async () => {
    await onboardIn(world, { flows });
    world.wire.calls.length = 0;
    const { problems, writes, adopts } = await world.queries.offboardingDryRun(reference());
    expect([problems, adopts, world.wire.writes]).toEqual([[], [], []]);
    await offboardIn(flows);
    expect(writes.map(({ step, action }) => `${step}: ${action}`)).toEqual([
      `unbind: remove client token ${token}`,
      'deleteToken: disable token',
      'deleteToken: delete token',
      'removeScopeMap: delete scope map',
      'retireSecret: disable 1 version(s) of secret',
      'retireSecret: delete secret',
      'retireSecret: delete secret',
    ]);
    expect(world.wire.writes).toHaveLength(writes.length);
  });

  test('tells what is left as it is, and of a client that is gone nothing', async () => {
    expect(await world.queries.offboardingDryRun(reference())).toEqual({ problems: [], writes: [], adopts: [] });
    world.addToken({ password1: { createdAt: LONG_AGO } });
    await onboardIn(world, { flows, request: { adopt: true } });
    const { writes, adopts } = await world.queries.offboardingDryRun(reference());
    expect(writes.map(({ step }) => step)).toContain('clearPasswords');
    expect(adopts.join()).toContain('because this app did not create it');
  });
});
