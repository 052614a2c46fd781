import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { fingerprint } from '@connected-registry/protocol/requests/onboardingRequest';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { deviceEvent, sampleEvent, SCHEMAS, secretEvent } from '../../../shared/sampleEvents.js';
import { createServiceEvents, EVENT_TIME, type ServiceEvents } from './serviceEventsUnderTest.js';

let tested: ServiceEvents;
beforeEach(() => {
  vi.useFakeTimers();
  tested = createServiceEvents();
});
afterEach(() => vi.useRealTimers());

describe.each(SCHEMAS)('a device-created event (%s)', (schema) => {
  const created = (id: string, changes = {}) => sampleEvent(schema, deviceEvent('Created', id, changes));

  test('onboards the device by its profile', async () => {
    tested.world.hubs.devices.add('plant-hub/edge-7');
    const { logged } = await tested.deliver('device', created('edge-7'));
    expect(logged).toMatchObject({ event: 'deviceChanged.taken', decision: 'started', profile: 'edge' });

    const wanted = onboarding({ client: 'edge-7' });

    expect(tested.inputOf('edge-7')).toMatchObject({
      request: wanted,
      fingerprint: fingerprint(wanted),
      actor: 'event',
      eventAt: EVENT_TIME,
      channel: { kind: 'iotHub', hub: 'plant-hub' },
    });
  });

  test('starts nothing for a device that the hub no longer has', async () => {
    const { logged, level } = await tested.deliver('device', created('edge-7'));
    expect([logged['decision'], level, tested.engine.starts]).toEqual(['device-gone', 'log', 0]);
  });

  test.each<[string, string, object]>([
    ['another device', 'sensor-1', {}],
    ['another hub', 'edge-7', { more: { hubName: 'other-hub' } }],
  ])('is logged and ignored for %s than in the profiles, without a call to the hub', async (_, id, changes) => {
    tested.world.hubs.hasDevice = async () => expect.unreachable();
    const { logged } = await tested.deliver('device', created(id, changes));
    expect(logged).toMatchObject({ event: 'deviceChanged.ignored', decision: 'no-profile', subject: `devices/${id}` });
  });

  test('is ignored for modules', async () => {
    const { logged } = await tested.deliver('device', created('edge-7', { more: { moduleId: 'agent' } }));
    expect(logged).toMatchObject({ decision: 'not-ours' });
  });

  test.each<[string, object]>([
    ['a device id that is none', { more: { deviceId: 'a/b' } }],
    ['no hub', { more: { hubName: undefined } }],
    ['data that are none', { data: 7 as unknown as object }],
  ])('with %s is refused, and logged with its id', async (_, changes) => {
    const { outcome, logged, level } = await tested.deliver('device', created('edge-7', changes));
    expect([outcome, level, tested.engine.starts]).toEqual(['taken', 'warn', 0]);
    expect(logged).toMatchObject({
      event: 'deviceChanged.refused',
      decision: 'invalid-data',
      id: '56afc886-767b-d359-d59e-0da7877166b2',
      type: 'Microsoft.Devices.DeviceCreated',
      subject: 'devices/edge-7',
    });
  });

  test('is redelivered while the hub does not answer, but not if the hub refuses the app', async () => {
    tested.world.wire.fail('hasDevice', { when: 'before' });
    expect((await tested.deliver('device', created('edge-7'))).outcome).toContain('ServiceError');
    tested.world.wire.fail('hasDevice', { when: 'before', kind: 'forbidden' });
    const { outcome, logged } = await tested.deliver('device', created('edge-7'));
    expect([outcome, logged['decision']]).toEqual(['taken', 'service-refused']);
  });
});

describe.each(SCHEMAS)('a device-deleted event (%s)', (schema) => {
  const deleted = (id: string) => sampleEvent(schema, deviceEvent('Deleted', id));

  test('offboards the device', async () => {
    const { logged } = await tested.deliver('device', deleted('edge-7'));
    expect(logged).toMatchObject({ decision: 'started', profile: 'edge' });

    const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'edge-7' };

    expect(tested.engine.instances.get(clientKey(reference))).toMatchObject({
      name: 'offboard',
      input: { request: reference, actor: 'event', eventAt: EVENT_TIME },
    });
  });

  test('starts nothing for a device that was created again', async () => {
    tested.world.hubs.devices.add('plant-hub/edge-7');
    const { logged } = await tested.deliver('device', deleted('edge-7'));
    expect([logged['decision'], tested.engine.starts]).toEqual(['device-exists', 0]);
  });

  test('ignores devices without a profile', async () => {
    const { logged } = await tested.deliver('device', deleted('sensor-1'));
    expect([logged['decision'], tested.engine.starts]).toEqual(['no-profile', 0]);
  });
});

describe('an event without a time', () => {
  test('of a device is refused, since its order is unknown', async () => {
    const { eventTime: _time, ...event } = sampleEvent('EventGrid', deviceEvent('Created', 'edge-7'));
    expect((await tested.deliver('device', event)).logged).toMatchObject({ decision: 'no-time' });
  });
});

test('an event of another source’s type is refused by every function', async () => {
  const device = sampleEvent('CloudEvent', deviceEvent('Created', 'edge-7'));
  const secret = sampleEvent('CloudEvent', secretEvent('SecretExpired', 'a', 'b'));
  expect((await tested.deliver('written', device)).logged).toMatchObject({ decision: 'other-type' });
  expect((await tested.deliver('secret', device)).logged).toMatchObject({ decision: 'other-type' });
  expect((await tested.deliver('device', secret)).logged).toMatchObject({ decision: 'other-type' });
});
