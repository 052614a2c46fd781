import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordFacts } from '../../../../src/queries/onboarding/recordFacts.js';
import { MAX_POLLED } from '../../../../src/domain/polling/pollerIndex.js';
import { reference } from '../../fakes/answers/orders.js';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { atWork, offboardIn, revokeIn } from '../../fakes/clients/clients.js';
import type { Call } from '../../fakes/durable/durableContext.js';
import { createFlowWorld, type FlowWorld } from '../../fakes/worlds/flowWorld.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { rotateIn } from '../../fakes/worlds/rotateWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const GATEWAY = '11111111-1111-1111-1111-111111111111';
const OTHER = '22222222-2222-2222-2222-222222222222';
const THIRD = '33333333-3333-3333-3333-333333333333';
const { client } = reference();

let world: World;
let flows: FlowWorld;
let runs = 0;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
});
afterEach(() => vi.useRealTimers());

const newRun = () => `run${String((runs += 1)).padStart(13, '0')}`;
const onboard = (
  request: Readonly<Record<string, unknown>> = { poller: GATEWAY },
  script: Parameters<typeof onboardIn>[1] = {},
) => onboardIn(world, { flows, run: newRun(), requestedAt: new Date().toISOString(), request, ...script });
const anHourLater = () => vi.setSystemTime(Date.now() + 3_600_000);
const current = () => flows.record.polling?.current?.objectId;
const listed = () => [GATEWAY, OTHER].map((id) => flows.pollers.clientsOf(id));
const channelsOf = (calls: readonly Call[]) =>
  calls.flatMap(({ name, input }) => (name === 'requestPullCheck' ? [(input as { channel: object }).channel] : []));
const fails = { device: () => report({ outcome: 'digest-mismatch' }) };

describe('an onboarding with a poller', () => {
  test('records it before the device is asked, who is reached by its polls whatever the profile says', async () => {
    const atPull: unknown[] = [];
    const { outcome, calls } = await onboard(
      { poller: GATEWAY },
      { before: (name) => void (name === 'requestPullCheck' && atPull.push(current(), listed())) },
    );
    expect(outcome.status).toBe('completed');
    expect(atPull).toEqual([GATEWAY, [[client], []]]);
    expect(channelsOf(calls)).toEqual([{ kind: 'poll' }]);
    expect(flows.record.access).toBeUndefined();
  });

  test('changes nothing when it is repeated, also in another case or without a poller', async () => {
    await onboard();
    const before = structuredClone([flows.record.polling, flows.pollers.stateOf(GATEWAY)]);
    for (const request of [{ poller: GATEWAY }, { poller: GATEWAY.toUpperCase() }, {}]) {
      anHourLater();
      world.wire.calls.length = 0;
      const { outcome, names } = await onboard(request);
      expect(outcome).toMatchObject({ status: 'completed', result: { changed: false } });
      expect(world.wire.writes).toEqual([]);
      expect(names()).not.toContain('setPoller');
      expect([flows.record.polling, flows.pollers.stateOf(GATEWAY)]).toEqual(before);
    }
  });

  test('that names another changes it, and has the other one’s device prove that it pulls', async () => {
    await onboard();
    anHourLater();
    world.wire.calls.length = 0;
    const { outcome, calls } = await onboard({ poller: OTHER });
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(channelsOf(calls)).toEqual([{ kind: 'poll' }]);
    expect([current(), listed()]).toEqual([OTHER, [[], [client]]]);
    expect(world.wire.writes).toEqual(['requestPullCheck', 'updateTags']);
  });

  test('leaves none when it fails, or the one before', async () => {
    expect((await onboard({ poller: GATEWAY }, fails)).outcome.status).toBe('rolledBack');
    expect([current(), listed()]).toEqual([undefined, [[], []]]);
    await onboard();
    anHourLater();
    expect((await onboard({ poller: OTHER }, fails)).outcome.status).toBe('rolledBack');
    expect([current(), listed()]).toEqual([GATEWAY, [[client], []]]);
  });

  test('is undone if the identity polls for twenty other clients', async () => {
    for (let nth = 0; nth < MAX_POLLED; nth += 1)
      await flows.pollers.request(GATEWAY, {
        operation: 'add',
        request: {
          client: { ...reference(), client: `sensor-${100 + nth}` },
          since: new Date().toISOString(),
          by: { operation: 'test.run', actor: 'test' },
        },
      });
    const { outcome } = await onboard();
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'poller-full', residue: [] } });
    expect([current(), flows.pollers.clientsOf(GATEWAY).length]).toEqual([undefined, MAX_POLLED]);
    expect(world.wire.writes).toEqual([]);
  });

  test('ends if somebody else changes the poller at that moment, and leaves that one', async () => {
    const changed = { objectId: OTHER, client: reference(), at: '2026-03-01T13:00:00.000Z' };
    const { outcome } = await onboard(
      { poller: GATEWAY },
      {
        before: async (name) => {
          if (name !== 'setPoller') return;
          await flows.ask('setPoller', { ...changed, effectiveAt: changed.at, by: { operation: 'x', actor: 'x' } });
        },
      },
    );
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'poller-changed' } });
    expect([current(), listed()]).toEqual([OTHER, [[], [client]]]);
  });

  test.each(['removed', 'changed'])(
    'keeps an operator’s decision if the poller was %s while it waited',
    async (what) => {
      await onboard();
      anHourLater();
      // Earlier than the time at which the run sets its own.
      const [at, by] = [new Date(Date.now() - 1).toISOString(), { operation: 'x', actor: 'ada' }];
      const decide = () =>
        what === 'removed'
          ? flows.ask('withdrawPoller', { at, by })
          : flows.ask('setPoller', { objectId: THIRD, client: reference(), at, effectiveAt: at, by });
      const { outcome } = await onboard(
        { poller: OTHER },
        {
          ...fails,
          before: async (name) => {
            if (name === 'preflight') await decide();
          },
        },
      );
      expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'poller-changed', residue: [] } });
      expect([current(), listed()]).toEqual([what === 'removed' ? undefined : THIRD, [[], []]]);
    },
  );

  test('ends with the same poller if each call comes twice, and again later', async () => {
    const repeated: [string, Call][] = [];
    const repeat = (name: string, { name: full, input }: Call) =>
      full.startsWith('poller.')
        ? flows.pollers.request(full.split('.')[1] ?? '', { operation: 'add', request: input as never })
        : flows.ask(name as 'setPoller', input);
    const after = async (name: string, call: Call) => {
      if (!['setPoller', 'undoPoller', 'add'].includes(name)) return;
      repeated.push([name, call]);
      await repeat(name, call);
    };
    await onboard({ poller: GATEWAY }, { after });
    anHourLater();
    await onboard({ poller: OTHER }, { ...fails, after });
    expect(repeated.map(([name]) => name)).toEqual(['setPoller', 'add', 'setPoller', 'add', 'undoPoller']);
    for (const [name, call] of repeated.toReversed()) await repeat(name, call);
    expect([current(), listed()]).toEqual([GATEWAY, [[client], []]]);
  });
});

describe('a recorded poller', () => {
  test('is reached by its polls in a rotation, too', async () => {
    await onboard();
    vi.setSystemTime(new Date('2026-05-01T12:00:00Z'));
    const { outcome, calls } = await rotateIn(world, { records: flows.records });
    expect(outcome.status).toBe('completed');
    expect(channelsOf(calls)).toEqual([{ kind: 'poll' }]);
  });

  test.each(['revoked', 'offboarded'])('ends before anything else when the client is %s', async (what) => {
    await onboard();
    anHourLater();
    const seen: unknown[] = [];
    const before = (name: string) =>
      void (name === 'disableTokens' || name === 'deleteToken' ? seen.push(current()) : 0);
    const { outcome } = await (what === 'revoked' ? revokeIn(flows, { before }) : offboardIn(flows, { before }));
    expect(JSON.stringify(outcome.result)).toContain(`poller ${GATEWAY}`);
    expect(seen).toEqual([undefined]);
    expect([current(), listed()]).toEqual([undefined, [[], []]]);
    anHourLater();
    expect((await onboard()).outcome.status).toBe('completed');
    expect([current(), listed()]).toEqual([GATEWAY, [[client], []]]);
  });

  test('does not come back by a run that was revoked, whichever comes first', async () => {
    for (const at of ['preflight', 'setPoller', 'add', 'issueCredentials', 'requestPullCheck']) {
      world = createWorld();
      flows = createFlowWorld(world);
      let isRevoked = false;
      await onboard(
        { poller: GATEWAY },
        {
          ...fails,
          before: async (name, _call, engine) => {
            if (name !== at || isRevoked) return;
            isRevoked = true;
            flows.setPresent(atWork());
            const { now } = engine;
            await revokeIn(flows, { run: newRun() });
            engine.now = now;
            vi.setSystemTime(now);
          },
        },
      );
      expect([at, isRevoked, current(), listed()]).toEqual([at, true, undefined, [[], []]]);
    }
  });
});

describe('the plan of an onboarding', () => {
  const plan = (request: object, by: object = {}) => {
    const { record } = flows;
    const request_ = { ...onboarding(request as never), ...by };
    return world.queries.preflight(request_, undefined, recordFacts(record));
  };
  const actions = async (poller: string) =>
    (await plan({ poller })).writes.filter(({ step }) => step === 'setPoller').map(({ action }) => action);

  test('names the poller, and the one that it replaces', async () => {
    expect(await actions(GATEWAY)).toEqual([`record ${GATEWAY} as the poller of client`]);
    await onboard();
    expect(await actions(GATEWAY)).toEqual([]);
    expect(await actions(OTHER)).toEqual([`replace poller ${GATEWAY} by ${OTHER} for client`]);
  });

  const profiled = (pollers: object) => {
    const profile = { name: 'asks', connectedRegistry: CONNECTED_REGISTRY, repositories: ['hello-world'] };
    world = createWorld({
      AZURE_TENANT_ID: 'tenant',
      POLL_AUDIENCE: 'api://onboarding',
      PROFILES: JSON.stringify([{ ...profile, channel: 'poll', pollers }]),
    });
    flows = createFlowWorld(world);
  };

  test('names the setting’s poller that does not count any more', async () => {
    profiled({ [OTHER]: client });
    expect(await actions(GATEWAY)).toEqual([
      `record ${GATEWAY} as the poller, instead of ${OTHER} in PROFILES, of client`,
    ]);
    expect(await actions(OTHER)).toEqual([`record ${OTHER} as the poller of client`]);
  });

  const codes = async (poller: string) =>
    (await plan({ poller }, { pollerByEvent: true })).problems.map(({ code }) => code);
  const REFUSED = ['poller-not-by-event'];

  test('lets an event name the poller of a new client, also after its run failed', async () => {
    expect(await codes(GATEWAY)).toEqual([]);
    await onboard({ poller: GATEWAY }, fails);
    expect([await codes(GATEWAY), await codes(OTHER)]).toEqual([[], REFUSED]);
  });

  test('lets an event name no other poller of a client than it has, or had before it was cut off', async () => {
    await onboard();
    for (const end of [async () => undefined, () => revokeIn(flows), () => offboardIn(flows, { run: newRun() })]) {
      anHourLater();
      await end();
      expect([await codes(GATEWAY), await codes(OTHER)]).toEqual([[], REFUSED]);
    }
  });

  test('lets an event name no poller of a client that an operator set up without one', async () => {
    await onboard({});
    expect(await codes(GATEWAY)).toEqual(REFUSED);
    await offboardIn(flows);
    expect(await codes(GATEWAY)).toEqual(REFUSED);
  });

  test('lets an event name no other poller than the setting does', async () => {
    profiled({ [OTHER]: client });
    expect([await codes(GATEWAY), await codes(OTHER)]).toEqual([REFUSED, []]);
  });

  test('refuses an event’s poller in the run, too', async () => {
    await onboard({});
    const { outcome } = await onboardIn(world, {
      flows,
      run: newRun(),
      request: { poller: GATEWAY },
      before: (name, { input }) => {
        if (name === 'preflight') Object.assign((input as { onboarding: object }).onboarding, { pollerByEvent: true });
      },
    });
    expect(outcome.failure?.problems?.map(({ code }) => code)).toEqual(REFUSED);
    expect(current()).toBeUndefined();
  });
});
