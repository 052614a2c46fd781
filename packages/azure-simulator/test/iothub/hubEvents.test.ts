import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEW_TWIN } from '../../../../test/shared/sampleEvents.js';
import { Cloud } from '../../../../test/shared/cloud.js';
import { HubDevice } from '../under-test/hubDevice.js';
import { Subscriber } from '../../../../test/shared/subscriber.js';

describe('events of the IoT Hub', () => {
  let cloud: Cloud;
  let subscriber: Subscriber;
  beforeEach(async () => {
    cloud = await Cloud.start();
    subscriber = await Subscriber.start();
  });
  afterEach(async () => {
    subscriber.stop();
    await cloud.end();
  });

  const subscribe = (eventDeliverySchema: string) =>
    cloud.armCall(
      'PUT',
      `${cloud.running.world.iotHub.id}/providers/Microsoft.EventGrid/eventSubscriptions/devices`,
      {
        properties: {
          destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } },
          eventDeliverySchema,
        },
      },
      '2022-06-15',
    );
  const one = (body: unknown): unknown => (Array.isArray(body) ? (body as unknown[])[0] : body);

  it('report the creation and deletion of a device in the documented shape', async () => {
    expect((await subscribe('EventGridSchema')).status).toBe(201);

    await cloud.hub('PUT', '/devices/sensor', { deviceId: 'sensor' });
    await cloud.hub('DELETE', '/devices/sensor', undefined, { 'if-match': '*' });
    const events = (await subscriber.waitFor(2)).map(({ body }) => one(body) as { eventType: string });
    const { subscriptionId } = cloud.running.world;

    const created = events.find(({ eventType }) => eventType === 'Microsoft.Devices.DeviceCreated');

    expect(created).toMatchObject({
      topic: `/SUBSCRIPTIONS/${subscriptionId.toUpperCase()}/RESOURCEGROUPS/ONBOARDING-LOCAL/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/ONBOARDING-LOCAL-HUB`,
      subject: 'devices/sensor',
      dataVersion: '1',
      metadataVersion: '1',
      data: {
        hubName: 'onboarding-local-hub',
        deviceId: 'sensor',
        twin: {
          deviceId: 'sensor',
          ...NEW_TWIN,
          properties: { desired: { $version: 1 }, reported: { $version: 1 } },
        },
      },
    });
    expect(created).not.toHaveProperty('data.twin.tags');
    expect(created).not.toHaveProperty('data.twin.capabilities');
    expect(events.map(({ eventType }) => eventType).sort()).toEqual([
      'Microsoft.Devices.DeviceCreated',
      'Microsoft.Devices.DeviceDeleted',
    ]);
    expect(JSON.stringify(events)).not.toContain('Key');
  });

  it('report connections with increasing sequence numbers, also as CloudEvents', async () => {
    await subscribe('CloudEventSchemaV1_0');
    const device = await HubDevice.create(cloud, 'connecting');
    await device.end();
    const events = (await subscriber.waitFor(3)).map(
      ({ body }) =>
        one(body) as { type: string; data: { deviceConnectionStateEventInfo?: { sequenceNumber: string } } },
    );
    const numberOf = (type: string): string =>
      events.find((event) => event.type === type)?.data.deviceConnectionStateEventInfo?.sequenceNumber ?? '';

    const [connected, disconnected] = [
      numberOf('Microsoft.Devices.DeviceConnected'),
      numberOf('Microsoft.Devices.DeviceDisconnected'),
    ];

    expect(connected).toMatch(/^[0-9A-F]{40}$/);
    expect(disconnected > connected).toBe(true);
  });
});
