import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import {
  note,
  type ConnectedRegistryOperation,
  type ConnectedRegistryRecord,
} from '../../../../src/domain/events/connectedRegistryRecord.js';
import { fingerprint } from '@connected-registry/protocol/requests/onboardingRequest';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { onConnectedRegistryWritten } from '../../../../src/triggers/eventGrid/connectedRegistryWritten.js';
import { onDeviceChanged } from '../../../../src/triggers/eventGrid/deviceChanged.js';
import { onSecretExpiring } from '../../../../src/triggers/eventGrid/secretExpiring.js';
import { FakeDurableClient, invocation } from '../../fakes/durable/durableClient.js';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import {
  deletedEvent,
  deviceEvent,
  sampleEvent,
  SCHEMAS,
  secretEvent,
  writtenEvent,
} from '../../fakes/clients/sampleEvents.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const PROFILES = [
  {
    name: 'edge',
    match: { hub: 'plant-hub', device: 'edge-*' },
    connectedRegistry: CONNECTED_REGISTRY,
    repositories: ['hello-world'],
    channel: 'iotHub',
  },
  { name: 'new', match: { connectedRegistry: 'plant*' }, repositories: ['hello-world'], clients: ['gate', 'scan'] },
];
const NOW = '2026-03-01T12:00:00.000Z';
const AT = '2026-03-01T11:59:00.438Z';

let world: World;
let engine: FakeDurableClient;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  world = createWorld({ PROFILES: JSON.stringify(PROFILES), IOT_HUBS: 'plant-hub.azure-devices.net' });
  engine = new FakeDurableClient();
});
afterEach(() => vi.useRealTimers());

const functions = {
  device: () => onDeviceChanged(world.config, world.queries),
  written: () => onConnectedRegistryWritten(world.config, world.queries),
  secret: () => onSecretExpiring(world.config, world.queries),
};

async function deliver(which: keyof typeof functions, event: unknown) {
  const { context, lines } = invocation();
  const work = functions[which]()(event, engine.client, context).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
  await vi.advanceTimersByTimeAsync(30_000);
  const outcome = await work;
  const last = lines.at(-1);
  return { outcome, level: last?.level, said: JSON.parse(last?.text ?? '{}') as Record<string, unknown>, lines };
}
const inputOf = (client: string, connectedRegistry: string = CONNECTED_REGISTRY) =>
  engine.instances.get(clientKey({ registry: 'myregistry', connectedRegistry, client }))?.input;

describe.each(SCHEMAS)('a device-created event (%s)', (schema) => {
  const created = (id: string, changes = {}) => sampleEvent(schema, deviceEvent('Created', id, changes));

  test('onboards the device by its profile', async () => {
    world.hubs.devices.add('plant-hub/edge-7');
    const { said } = await deliver('device', created('edge-7'));
    expect(said).toMatchObject({ event: 'deviceChanged.taken', decision: 'started', profile: 'edge' });
    const wanted = onboarding({ client: 'edge-7' });
    expect(inputOf('edge-7')).toMatchObject({
      request: wanted,
      fingerprint: fingerprint(wanted),
      actor: 'event',
      eventAt: AT,
      channel: { kind: 'iotHub', hub: 'plant-hub' },
    });
  });

  test('starts nothing for a device that the hub no longer has', async () => {
    const { said, level } = await deliver('device', created('edge-7'));
    expect([said['decision'], level, engine.starts]).toEqual(['device-gone', 'log', 0]);
  });

  test.each<[string, string, object]>([
    ['another device', 'sensor-1', {}],
    ['another hub', 'edge-7', { more: { hubName: 'other-hub' } }],
  ])('is logged and ignored for %s than in the profiles, without a call to the hub', async (_, id, changes) => {
    world.hubs.hasDevice = async () => expect.unreachable();
    const { said } = await deliver('device', created(id, changes));
    expect(said).toMatchObject({ event: 'deviceChanged.ignored', decision: 'no-profile', subject: `devices/${id}` });
  });

  test('is ignored for modules', async () => {
    const { said } = await deliver('device', created('edge-7', { more: { moduleId: 'agent' } }));
    expect(said).toMatchObject({ decision: 'not-ours' });
  });

  test.each<[string, object]>([
    ['a device id that is none', { more: { deviceId: 'a/b' } }],
    ['no hub', { more: { hubName: undefined } }],
    ['data that are none', { data: 7 as unknown as object }],
  ])('with %s is refused, and logged with its id', async (_, changes) => {
    const { outcome, said, level } = await deliver('device', created('edge-7', changes));
    expect([outcome, level, engine.starts]).toEqual(['taken', 'warn', 0]);
    expect(said).toMatchObject({
      event: 'deviceChanged.refused',
      decision: 'invalid-data',
      id: '56afc886-767b-d359-d59e-0da7877166b2',
      type: 'Microsoft.Devices.DeviceCreated',
      subject: 'devices/edge-7',
    });
  });

  test('is redelivered while the hub does not answer, but not if the hub refuses the app', async () => {
    world.wire.fail('hasDevice', { when: 'before' });
    expect((await deliver('device', created('edge-7'))).outcome).toContain('ServiceError');
    world.wire.fail('hasDevice', { when: 'before', kind: 'forbidden' });
    const { outcome, said } = await deliver('device', created('edge-7'));
    expect([outcome, said['decision']]).toEqual(['taken', 'service-refused']);
  });
});

describe.each(SCHEMAS)('a device-deleted event (%s)', (schema) => {
  const deleted = (id: string) => sampleEvent(schema, deviceEvent('Deleted', id));

  test('offboards the device', async () => {
    const { said } = await deliver('device', deleted('edge-7'));
    expect(said).toMatchObject({ decision: 'started', profile: 'edge' });
    const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'edge-7' };
    expect(engine.instances.get(clientKey(reference))).toMatchObject({
      name: 'offboard',
      input: { request: reference, actor: 'event', eventAt: AT },
    });
  });

  test('starts nothing for a device that was created again', async () => {
    world.hubs.devices.add('plant-hub/edge-7');
    const { said } = await deliver('device', deleted('edge-7'));
    expect([said['decision'], engine.starts]).toEqual(['device-exists', 0]);
  });

  test('ignores devices without a profile', async () => {
    const { said } = await deliver('device', deleted('sensor-1'));
    expect([said['decision'], engine.starts]).toEqual(['no-profile', 0]);
  });
});

describe('an event without a time', () => {
  test('of a device is refused, since its order is unknown', async () => {
    const { eventTime: _time, ...event } = sampleEvent('EventGrid', deviceEvent('Created', 'edge-7'));
    expect((await deliver('device', event)).said).toMatchObject({ decision: 'no-time' });
  });
});

describe.each(SCHEMAS)('a resource-written event (%s)', (schema) => {
  const written = (name: string, changes = {}) => sampleEvent(schema, writtenEvent(name, changes));
  const make = (name: string, createdAt: string | null = '2026-03-01T11:58:00.000Z') => {
    world.controlPlane.connectedRegistries.set(name, {
      name,
      mode: 'ReadOnly',
      isActive: false,
      clientTokens: [],
      ...(createdAt === null ? {} : { createdAt }),
    });
  };

  test('of a new connected registry onboards the clients that its profile lists, once it is active', async () => {
    make('plantone', '2026-03-01T11:58:00.000Z');
    const { said } = await deliver('written', written('plantone'));
    expect(said).toMatchObject({ event: 'connectedRegistryWritten.taken', decision: 'started', profile: 'new' });
    for (const client of ['gate', 'scan'])
      expect(inputOf(client, 'plantone')).toMatchObject({ awaitsActivation: true, eventAt: AT, actor: 'event' });
    // Personal data in the event stay out of inputs and logs.
    expect(JSON.stringify([...engine.instances, said])).not.toContain('A Person');
  });

  test('that is redelivered attaches, and starts nothing after the runs have ended', async () => {
    make('plantone');
    await deliver('written', written('plantone'));
    expect((await deliver('written', written('plantone'))).said).toMatchObject({ decision: 'attached' });
    for (const one of engine.instances.values()) one.runtimeStatus = 'Completed';
    expect((await deliver('written', written('plantone'))).said).toMatchObject({ decision: 'repeated' });
    expect(engine.instances.size).toBe(2);
  });

  const OWN = { claims: { appid: 'OUR-APP' } };
  const OBJECT = { claims: { 'http://schemas.microsoft.com/identity/claims/objectidentifier': 'our-app' } };
  test.each<[string, string, object]>([
    ['own-write', 'plantone', { more: OWN }],
    ['own-write', 'plantone', { more: OBJECT }],
    ['not-new', 'plantone', { more: { ...OWN, httpRequest: { method: 'PATCH' } } }],
    ['not-new', 'plantold', {}],
    ['not-new', 'plantgone', {}],
    ['no-profile', 'others', {}],
    ['not-ours', 'plantone', { more: { operationName: 'Microsoft.ContainerRegistry/registries/tokens/write' } }],
    ['not-ours', 'plantone', { more: { resourceUri: '/subscriptions/x/resourceGroups/y' } }],
    ['not-ours', 'plantone', { more: { resourceUri: writtenEvent('plantone').subject.replace('/edge/', '/other/') } }],
    ['not-ours', 'plantone', { more: { resourceUri: writtenEvent('plantone').subject.replace('myreg', 'other') } }],
  ])('starts nothing: %s', async (decision, name, changes) => {
    make('plantone');
    make('plantold', '2026-02-01T11:58:00.000Z');
    const { said } = await deliver('written', written(name, changes));
    expect([said['event'], said['decision'], engine.starts]).toEqual(['connectedRegistryWritten.ignored', decision, 0]);
  });

  test('of one without a creation time starts nothing, reports that, and leaves the decision to a later event', async () => {
    make('plantone', null);
    const { said } = await deliver('written', written('plantone'));
    expect(said).toMatchObject({ event: 'connectedRegistryWritten.refused', decision: 'age-unknown', profile: 'new' });
    expect([engine.starts, engine.signals]).toEqual([0, []]);
    // Its record has the deletion of the previous one: this is another.
    engine.entities.set('@connectedregistry@myregistry.plantone', { deletedAt: '2026-03-01T11:00:00.000Z' });
    expect((await deliver('written', written('plantone'))).said['decision']).toBe('started');
  });

  test('needs no call if it is a change or about another resource', async () => {
    const calls = vi.spyOn(world.controlPlane, 'getConnectedRegistry');
    await deliver('written', written('plantone', { more: { httpRequest: { method: 'PATCH' } } }));
    await deliver('written', written('plantone', { more: OWN }));
    expect(calls).not.toHaveBeenCalled();
  });

  describe('of one that was reported before', () => {
    const KEY = '@connectedregistry@myregistry.plantone';
    const later = () => written('plantone', { at: '2026-03-01T11:59:30.000Z' });
    /** Applies the signals that the entities received. */
    const noted = () => {
      for (const { entity, operation, input } of engine.signals.splice(0)) {
        const state = (engine.entities.get(entity) ?? {}) as ConnectedRegistryRecord;
        const { at } = input as { at: string };
        engine.entities.set(entity, note(state, operation as ConnectedRegistryOperation, at));
      }
    };

    test('starts nothing, though the app’s own binding makes it look new, and its clients were offboarded since', async () => {
      make('plantone');
      await deliver('written', written('plantone'));
      noted();
      for (const one of engine.instances.values()) one.runtimeStatus = 'Completed';
      engine.starts = 0;
      make('plantone', '2026-03-01T11:59:10.000Z');
      expect((await deliver('written', later())).said['decision']).toBe('not-new');
      expect(engine.starts).toBe(0);
    });

    test('attaches if the same event is delivered again', async () => {
      make('plantone');
      await deliver('written', written('plantone'));
      noted();
      expect((await deliver('written', written('plantone'))).said['decision']).toBe('attached');
    });

    test.each<[string, object]>([
      ['is active', { isActive: true }],
      ['has synced', { lastSyncTime: AT }],
      ['has clients', { clientTokens: ['a-token'] }],
    ])('is old if it %s, and stays so', async (_, changes) => {
      make('plantone', AT);
      const facts = world.controlPlane.connectedRegistries.get('plantone');
      world.controlPlane.connectedRegistries.set('plantone', { ...facts, ...changes } as typeof facts & object);
      expect((await deliver('written', written('plantone'))).said['decision']).toBe('not-new');
      noted();
      make('plantone', AT);
      expect((await deliver('written', later())).said['decision']).toBe('not-new');
      expect(engine.starts).toBe(0);
    });

    test('is old if the app has bound clients to it, even if none is left', async () => {
      make('plantone', AT);
      engine.entities.set('@binder@myregistry.plantone', {});
      expect((await deliver('written', written('plantone'))).said['decision']).toBe('not-new');
    });

    test('is new again after its deletion was reported', async () => {
      make('plantone', AT);
      engine.entities.set(KEY, { isOld: true });
      engine.entities.set('@binder@myregistry.plantone', {});
      const deletion = sampleEvent(schema, deletedEvent('plantone'));
      expect((await deliver('written', deletion)).said['decision']).toBe('noted');
      noted();
      expect((await deliver('written', written('plantone'))).said['decision']).toBe('not-new');
      expect((await deliver('written', later())).said['decision']).toBe('started');
    });
  });

  test('is redelivered while Azure does not answer', async () => {
    make('plantone');
    world.wire.fail('getConnectedRegistry', { when: 'before' });
    expect((await deliver('written', written('plantone'))).outcome).toContain('ServiceError');
  });
});

describe.each(SCHEMAS)('a secret that nears its expiry (%s)', (schema) => {
  const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
  const main = clientKey(reference);
  const expiresOn = '2026-03-20T00:00:00.000Z';
  const save = (name: string, tags: Readonly<Record<string, string>>) =>
    world.vault.store(name, '{"auths":{}}', { expiresOn, tags });
  const ours = () =>
    formatTags({
      ...reference,
      token: 'a-token',
      scopeMap: 'a-map',
      slot: 'password1',
      expiresOn,
      issued: { run: 'r', attempt: 1, slotCreatedAt: expiresOn },
      made: { scopeMap: true, token: true },
    });
  const event = (what: 'SecretNearExpiry' | 'SecretExpired', name: string, version: string, changes = {}) =>
    sampleEvent(schema, secretEvent(what, name, version, changes));

  test.each(['SecretNearExpiry', 'SecretExpired'] as const)(
    'marks its client as due for rotation: %s',
    async (what) => {
      const { version } = await save(main, ours());
      const { said } = await deliver('secret', event(what, main, version));
      expect(said).toMatchObject({ event: 'secretExpiring.taken', decision: 'rotation-due' });
      expect(engine.signals).toEqual([
        {
          entity: `@client@${main}`,
          operation: 'markRotationDue',
          input: { at: AT, by: { operation: main, actor: 'event' } },
        },
      ]);
      expect(engine.starts).toBe(0);
    },
  );

  test('is ignored for a candidate, an old version, another’s secret, or a deleted one', async () => {
    const { version } = await save(main, ours());
    await save(`${main}-candidate`, ours());
    const other = `other-secret-${'0'.repeat(16)}`;
    await save(other, {});
    const wrong = `wrong-${'0'.repeat(16)}`;
    await save(wrong, ours());
    const decisions = async (...names: [string, string][]) =>
      Promise.all(
        names.map(async ([name, v]) => (await deliver('secret', event('SecretNearExpiry', name, v))).said['decision']),
      );
    expect(
      await decisions(
        [`${main}-candidate`, version],
        [main, 'v0'],
        [other, 'v1'],
        [wrong, 'v1'],
        [`gone-${'0'.repeat(16)}`, 'v1'],
        ['their-secret', 'v1'],
      ),
    ).toEqual(['not-ours', 'stale', 'not-ours', 'not-ours', 'not-ours', 'not-ours']);
    expect(engine.signals).toEqual([]);
  });

  test('of another vault is ignored, without a call to this vault', async () => {
    const { version } = await save(main, ours());
    const asked = vi.spyOn(world.vault, 'current');
    const Id = `https://evil.vault.azure.net/secrets/${main}/${version}`;
    const { said } = await deliver('secret', event('SecretNearExpiry', main, version, { more: { Id } }));
    expect([said['decision'], asked.mock.calls.length]).toEqual(['not-ours', 0]);
  });

  test('without a valid id is refused', async () => {
    const { said } = await deliver('secret', event('SecretNearExpiry', main, 'v1', { more: { Id: 'nowhere' } }));
    expect(said).toMatchObject({ decision: 'invalid-data', errors: [{ field: 'Id' }] });
  });
});

test('an event of another source’s type is refused by every function', async () => {
  const device = sampleEvent('CloudEvent', deviceEvent('Created', 'edge-7'));
  const secret = sampleEvent('CloudEvent', secretEvent('SecretExpired', 'a', 'b'));
  expect((await deliver('written', device)).said).toMatchObject({ decision: 'other-type' });
  expect((await deliver('secret', device)).said).toMatchObject({ decision: 'other-type' });
  expect((await deliver('device', secret)).said).toMatchObject({ decision: 'other-type' });
});
