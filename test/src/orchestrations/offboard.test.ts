import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OFFBOARD } from '../../../src/domain/operations/run.js';
import { offboard } from '../../../src/orchestrations/offboard.js';
import { clientRun, offboardIn } from '../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { reference } from '../fakes/answers/orders.js';
import { offboardAfterOnboarding } from '../fakes/worlds/offboardWorld.js';
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

describe('an offboarding', () => {
  test('removes binding, token, scope map and secrets, and reports that', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows);
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

  test('whose id is older than the last run’s, because it waited for that one, removes everything too', async () => {
    await onboardIn(world, { flows, run: 'zzz-asked-for-later' });
    expect((await offboardIn(flows)).outcome).toMatchObject({ status: 'completed', result: { kept: [] } });
    expect(isGone(world)).toBe(true);
  });

  test('that is repeated writes nothing, even after the vault has purged the client’s secrets', async () => {
    await offboardAfterOnboarding(world, flows);
    for (const purge of [() => undefined, () => world.vault.secrets.clear()]) {
      purge();
      world.wire.calls.length = 0;
      const { outcome } = await offboardIn(flows);
      expect(outcome).toMatchObject({ status: 'completed', result: { removed: [], changed: false } });
      expect(world.wire.writes).toEqual([]);
    }
  });

  test('of an unknown client by an event reports similar names and writes nothing', async () => {
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

  test('of an unknown client reports if the vault cannot list similar names', async () => {
    world.wire.fail('page', { when: 'before', kind: 'forbidden', times: 20 });
    const { outcome } = await offboardIn(flows);
    expect(outcome.failure?.message).toContain('could not be looked up');
  });

  test('of a client that only the client list contains completes', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    expect((await offboardIn(flows)).outcome.status).toBe('completed');
  });

  test('unbinds the token, disables it, and then deletes it', async () => {
    await offboardAfterOnboarding(world, flows);
    expect(world.wire.writes.slice(0, 3)).toEqual(['setClientTokens', 'disableToken', 'deleteToken']);
  });

  test.each<[string, () => unknown]>([
    ['has only its token left', () => [main, candidate].forEach((name) => world.vault.secrets.delete(name))],
    ['has its secrets soft-deleted', () => Promise.all([main, candidate].map((name) => world.vault.remove(name)))],
    ['has only its secrets left', () => (world.controlPlane.tokens.clear(), world.controlPlane.scopeMaps.clear())],
    ['has lost its scope map’s last token', () => world.controlPlane.tokens.delete(token)],
    ['is not bound any more', () => world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] })],
    ['was disabled', () => (world.controlPlane.token(token).isEnabled = false)],
  ])('of a client that %s removes the rest', async (_, change) => {
    const { outcome } = await offboardAfterOnboarding(world, flows, change);
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: true, kept: [] } });
    expect(isGone(world)).toBe(true);
  });

  test('unbinds the token again if others bind it before its deletion', async () => {
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

  test('gives up if others bind it again and again, and reports it', async () => {
    await onboardIn(world, { flows });
    const { outcome } = await offboardIn(flows, {
      before: (name) => {
        if (name === 'deleteToken') world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
      },
    });

    expect(outcome.status).toBe('failed');
    expect(outcome.failure?.residue.join()).toContain(`token ${token} is put on ${CONNECTED_REGISTRY} again and again`);
  });

  test('continues if the connected registry is gone', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      world.controlPlane.connectedRegistries.clear(),
    );
    expect(outcome.status).toBe('completed');
    expect(world.controlPlane.tokens.has(token)).toBe(false);
  });

  test('unbinds a token that only a lost run still requests', async () => {
    await onboardIn(world, { flows });
    await flows.binder.send('request', token, 'a-lost-run');
    await offboardIn(flows);
    expect(flows.binder.state.bindingRequests).toEqual([]);
    expect(bound()).not.toContain(token);
  });

  test('clears the client record, except the time of the newest event', async () => {
    await onboardIn(world, { flows });
    await flows.ask('acknowledge', { version: 'v1', by: { operation: 'client.run', actor: 'device' } });
    vi.setSystemTime(new Date('2026-03-02T00:00:00Z'));

    await offboardIn(flows);

    expect(flows.record).toEqual({
      knownSince: '2026-03-01T12:00:00.000Z',
      newestEventAt: '2026-03-02T00:00:00.000Z',
      tokensEndedAt: '2026-03-02T00:00:00.000Z',
      keysEndedAt: '2026-03-02T00:00:00.000Z',
      polling: { decidedAt: '2026-03-02T00:00:00.000Z' },
    });
    expect(flows.claims.ownerOf(token)).toBeUndefined();
  });

  test('for an old event is rolled back, and does nothing', async () => {
    await onboardIn(world, { flows });
    await flows.ask('noteEvent', { at: '2026-03-01T11:00:00.000Z' });
    const { outcome } = await offboardIn(flows, { eventAt: '2026-03-01T10:00:00.000Z' });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'stale-event', residue: [] } });
    expect(bound()).toContain(token);
  });
});

const CALLS = ['setClientTokens', 'disableToken', 'deleteToken', 'deleteScopeMap', 'disable', 'remove', 'versions'];

describe('a failing call', () => {
  test.each(CALLS.flatMap((call) => (['before', 'after'] as const).map((when) => [call, when] as const)))(
    'is overcome: %s failed %s its effect',
    async (call, when) => {
      const { outcome } = await offboardAfterOnboarding(world, flows, () => world.wire.fail(call, { when, times: 2 }));
      expect([outcome.status, isGone(world)]).toEqual(['completed', true]);
    },
  );

  test('that fails for ever keeps what depends on it, each with the reason, and a repetition removes it', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
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

  test('before anything is known of the client removes nothing, and that is reported', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      world.wire.fail('versions', { when: 'before', kind: 'forbidden' }),
    );
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'service-forbidden' } });
    expect(outcome.failure?.residue).toEqual([expect.stringContaining('unknown') as unknown]);
    expect(world.wire.writes).toEqual([]);
  });

  test('of the client list does not prevent that the token is disabled', async () => {
    const { outcome } = await offboardAfterOnboarding(world, flows, () =>
      world.wire.fail('setClientTokens', { when: 'before', kind: 'forbidden' }),
    );
    expect(outcome.status).toBe('failed');
    expect(world.controlPlane.tokens.get(token)?.isEnabled ?? false).toBe(false);
  });
});

describe('a dry run', () => {
  test('lists exactly the writes that the offboarding then makes, and writes nothing', async () => {
    await onboardIn(world, { flows });
    world.wire.calls.length = 0;

    const { problems, writes, adopts } = await world.queries.offboardingDryRun(reference(), undefined);

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

  test('lists what is kept, and nothing for a client that is gone', async () => {
    expect(await world.queries.offboardingDryRun(reference(), undefined)).toEqual({
      problems: [],
      writes: [],
      adopts: [],
    });

    world.addToken({ password1: { createdAt: LONG_AGO } });
    await onboardIn(world, { flows, request: { adopt: true } });
    const { writes, adopts } = await world.queries.offboardingDryRun(reference(), undefined);

    expect(writes.map(({ step }) => step)).toContain('clearPasswords');
    expect(adopts.join()).toContain('because this app did not create it');
  });
});
