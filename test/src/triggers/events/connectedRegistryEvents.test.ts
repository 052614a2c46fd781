import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  note,
  type ConnectedRegistryOperation,
  type ConnectedRegistryRecord,
} from '../../../../src/domain/events/connectedRegistryRecord.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { ProfileInput } from '../../../../src/domain/profiles/onboardProfile.js';
import type { PlannedRow } from '../../../../src/domain/rollouts/startPlan.js';
import { deletedEvent, sampleEvent, SCHEMAS, writtenEvent } from '../../../shared/sampleEvents.js';
import { engineError } from '../../fakes/durable/durableClient.js';
import { createServiceEvents, EVENT_TIME, type ServiceEvents } from './serviceEventsUnderTest.js';

let tested: ServiceEvents;
beforeEach(() => {
  vi.useFakeTimers();
  tested = createServiceEvents();
});
afterEach(() => vi.useRealTimers());

describe.each(SCHEMAS)('a resource-written event (%s)', (schema) => {
  const written = (name: string, changes = {}) => sampleEvent(schema, writtenEvent(name, changes));
  const make = (name: string, createdAt: string | null = '2026-03-01T11:58:00.000Z') => {
    tested.world.controlPlane.connectedRegistries.set(name, {
      name,
      mode: 'ReadOnly',
      isActive: false,
      clientTokens: [],
      ...(createdAt === null ? {} : { createdAt }),
    });
  };

  test('of a new connected registry onboards the clients that its profile lists, once it is active', async () => {
    make('plantone', '2026-03-01T11:58:00.000Z');
    const { logged } = await tested.deliver('written', written('plantone'));

    expect(logged).toMatchObject({ event: 'connectedRegistryWritten.taken', decision: 'started', profile: 'new' });
    expect(await tested.startProfiles()).toMatchObject([{ started: 2, repeated: 0, stale: 0, notStarted: [] }]);
    for (const client of ['gate', 'scan'])
      expect(tested.inputOf(client, 'plantone')).toMatchObject({
        awaitsActivation: true,
        eventAt: EVENT_TIME,
        actor: 'event',
      });
    // Personal data in the event stay out of inputs and logs.
    expect(JSON.stringify([...tested.engine.instances, logged])).not.toContain('A Person');
  });

  test('that is redelivered attaches, and starts nothing after the clients have been started', async () => {
    make('plantone');
    await tested.deliver('written', written('plantone'));
    expect((await tested.deliver('written', written('plantone'))).logged).toMatchObject({ decision: 'attached' });

    await tested.startProfiles();
    expect((await tested.deliver('written', written('plantone'))).logged).toMatchObject({ decision: 'repeated' });
    expect(tested.engine.instances.size).toBe(3);
  });

  test('is delivered again if the engine refuses the start although no orchestration runs', async () => {
    make('plantone');
    tested.engine.onStart = () => {
      throw engineError(500);
    };
    expect((await tested.deliver('written', written('plantone'))).outcome).toMatch(
      /^DeliverAgain: .*refused the start/,
    );
    tested.engine.onStart = undefined;
    await tested.deliver('written', written('plantone'));
    for (const one of tested.engine.instances.values()) one.runtimeStatus = 'Terminated';
    tested.engine.onStart = () => {
      throw engineError(500);
    };
    expect((await tested.deliver('written', written('plantone'))).outcome).toMatch(/^DeliverAgain/);
  });

  test('attaches if another delivery has started its orchestration in the meantime', async () => {
    make('plantone');
    tested.engine.onStart = (_nth, { instanceId, input }) => {
      tested.engine.instances.set(instanceId, { name: 'onboardProfile', input, runtimeStatus: 'Running' });
      throw engineError(409);
    };
    expect((await tested.deliver('written', written('plantone'))).logged).toMatchObject({ decision: 'attached' });
  });

  test('that is redelivered after its orchestration was terminated starts each client once', async () => {
    make('plantone');
    await tested.deliver('written', written('plantone'));
    await tested.startProfiles();
    const runs = () => ['gate', 'scan'].map((client) => tested.inputOf(client, 'plantone'));
    const before = runs();
    for (const one of tested.engine.instances.values())
      if (one.name === 'onboardProfile') one.runtimeStatus = 'Terminated';

    expect((await tested.deliver('written', written('plantone'))).logged).toMatchObject({ decision: 'started' });
    expect(await tested.startProfiles()).toMatchObject([{ notStarted: [] }]);
    expect(runs()).toEqual(before);
  });

  test('starts no client about which a newer event has come', async () => {
    make('plantone');
    await tested.deliver('written', written('plantone'));
    const [profile] = [...tested.engine.instances.values()].map(({ input }) => input as ProfileInput);
    const [{ request }] = (profile ?? { rows: [] }).rows as [PlannedRow];
    tested.engine.instances.set(clientKey(request), {
      name: 'offboard',
      input: {
        run: 'later00000000001',
        fingerprint: 'x',
        requestedAt: EVENT_TIME,
        eventAt: '2026-03-01T11:59:50.000Z',
        request,
      },
      runtimeStatus: 'Completed',
    });
    expect(await tested.startProfiles()).toMatchObject([{ started: 1, stale: 1, notStarted: [] }]);
  });

  const OWN = { claims: { appid: 'OUR-APP' } };
  const OBJECT = { claims: { 'http://schemas.microsoft.com/identity/claims/objectidentifier': 'our-app' } };
  test.each<[string, string, object]>([
    ['own-write', 'plantone', { more: OWN }],
    ['own-write', 'plantone', { more: OBJECT }],
    ['own-write', 'plantone', { more: { claims: { appid: 'Our-Second-Identity' } } }],
    ['not-new', 'plantone', { more: { ...OWN, httpRequest: { method: 'PATCH' } } }],
    ['not-new', 'plantold', {}],
    ['not-new', 'plantgone', {}],
    ['no-profile', 'others', {}],
    ['not-ours', 'plantone', { more: { operationName: 'Microsoft.ContainerRegistry/registries/tokens/write' } }],
    ['not-ours', 'plantone', { more: { resourceUri: '/subscriptions/x/resourceGroups/y' } }],
    ['not-ours', 'plantone', { more: { resourceUri: writtenEvent('plantone').subject.replace('/edge/', '/other/') } }],
    ['not-ours', 'plantone', { more: { resourceUri: writtenEvent('plantone').subject.replace('myreg', 'other') } }],
  ])('starts nothing: %s', async (decision, name, changes) => {
    tested.world.self.all = ['our-app', 'our-second-identity'];
    make('plantone');
    make('plantold', '2026-02-01T11:58:00.000Z');

    const { logged } = await tested.deliver('written', written(name, changes));

    expect([logged['event'], logged['decision'], tested.engine.starts]).toEqual([
      'connectedRegistryWritten.ignored',
      decision,
      0,
    ]);
  });

  test('of one without a creation time starts nothing, reports that, and leaves the decision to a later event', async () => {
    make('plantone', null);
    const { logged } = await tested.deliver('written', written('plantone'));

    expect(logged).toMatchObject({
      event: 'connectedRegistryWritten.refused',
      decision: 'age-unknown',
      profile: 'new',
    });
    expect([tested.engine.starts, tested.engine.signals]).toEqual([0, []]);

    // Its record has the deletion of the previous one: this is another.
    tested.engine.entities.set('@connectedregistry@myregistry.plantone', { deletedAt: '2026-03-01T11:00:00.000Z' });
    expect((await tested.deliver('written', written('plantone'))).logged['decision']).toBe('started');
  });

  test('needs no call if it is a change or about another resource', async () => {
    const calls = vi.spyOn(tested.world.controlPlane, 'getConnectedRegistry');
    await tested.deliver('written', written('plantone', { more: { httpRequest: { method: 'PATCH' } } }));
    await tested.deliver('written', written('plantone', { more: OWN }));
    expect(calls).not.toHaveBeenCalled();
  });

  describe('of one that was reported before', () => {
    const KEY = '@connectedregistry@myregistry.plantone';
    const later = () => written('plantone', { at: '2026-03-01T11:59:30.000Z' });
    /** Applies the signals that the entities received. */
    const noted = () => {
      for (const { entity, operation, input } of tested.engine.signals.splice(0)) {
        const state = (tested.engine.entities.get(entity) ?? {}) as ConnectedRegistryRecord;
        const { at } = input as { at: string };
        tested.engine.entities.set(entity, note(state, operation as ConnectedRegistryOperation, at));
      }
    };

    test('starts nothing, though the app’s own binding makes it look new, and its clients were offboarded since', async () => {
      make('plantone');
      await tested.deliver('written', written('plantone'));
      noted();
      for (const one of tested.engine.instances.values()) one.runtimeStatus = 'Completed';
      tested.engine.starts = 0;
      make('plantone', '2026-03-01T11:59:10.000Z');

      expect((await tested.deliver('written', later())).logged['decision']).toBe('not-new');
      expect(tested.engine.starts).toBe(0);
    });

    test('attaches if the same event is delivered again', async () => {
      make('plantone');
      await tested.deliver('written', written('plantone'));
      noted();
      expect((await tested.deliver('written', written('plantone'))).logged['decision']).toBe('attached');
    });

    test.each<[string, object]>([
      ['is active', { isActive: true }],
      ['has synced', { lastSyncTime: EVENT_TIME }],
      ['has clients', { clientTokens: ['a-token'] }],
    ])('is old if it %s, and stays so', async (_, changes) => {
      make('plantone', EVENT_TIME);
      const facts = tested.world.controlPlane.connectedRegistries.get('plantone');
      tested.world.controlPlane.connectedRegistries.set('plantone', { ...facts, ...changes } as typeof facts & object);

      expect((await tested.deliver('written', written('plantone'))).logged['decision']).toBe('not-new');

      noted();
      make('plantone', EVENT_TIME);

      expect((await tested.deliver('written', later())).logged['decision']).toBe('not-new');
      expect(tested.engine.starts).toBe(0);
    });

    test('is old if the app has bound clients to it, even if none is left', async () => {
      make('plantone', EVENT_TIME);
      tested.engine.entities.set('@binder@myregistry.plantone', {});
      expect((await tested.deliver('written', written('plantone'))).logged['decision']).toBe('not-new');
    });

    test('is new again after its deletion was reported', async () => {
      make('plantone', EVENT_TIME);
      tested.engine.entities.set(KEY, { isOld: true });
      tested.engine.entities.set('@binder@myregistry.plantone', {});
      const deletion = sampleEvent(schema, deletedEvent('plantone'));

      expect((await tested.deliver('written', deletion)).logged['decision']).toBe('noted');

      noted();
      expect((await tested.deliver('written', written('plantone'))).logged['decision']).toBe('not-new');
      expect((await tested.deliver('written', later())).logged['decision']).toBe('started');
    });
  });

  test('is redelivered while Azure does not answer', async () => {
    make('plantone');
    tested.world.wire.fail('getConnectedRegistry', { when: 'before' });
    expect((await tested.deliver('written', written('plantone'))).outcome).toContain('ServiceError');
  });
});
