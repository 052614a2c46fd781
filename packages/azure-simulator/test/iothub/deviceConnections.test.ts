import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../../../test/shared/selfSigned.js';
import { HubDevice, signature } from '../under-test/hubDevice.js';
import { HubUnderTest, METHODS } from './hubUnderTest.js';

describe('a device at the IoT Hub', () => {
  let hub: HubUnderTest;
  beforeEach(async () => {
    hub = await HubUnderTest.start();
  });
  afterEach(() => hub.stop());

  const soon = (): Date => new Date(hub.clock.now().getTime() + 60_000);

  it('connects only with a valid signature of its own key for its own id', async () => {
    const [key, other] = [await hub.createKey('picky'), await hub.createKey('other')];
    const refused = [
      signature(other, 'localhost/devices/picky', soon()),
      signature(key, 'localhost/devices/other', soon()),
      signature(key, 'elsewhere/devices/picky', soon()),
      signature(key, 'localhost/devices/picky', new Date(hub.clock.now().getTime() - 1000)),
      'no signature',
    ];

    for (const password of refused) {
      await expect(HubDevice.connect(hub.cloud, 'picky', { password })).rejects.toMatchObject({ code: 5 });
    }

    const password = signature(key, 'localhost/devices/picky', soon());
    await expect(
      HubDevice.connect(hub.cloud, 'picky', { password, username: 'localhost/other/?api-version=2021-04-12' }),
    ).rejects.toMatchObject({ code: 5 });
    await expect(HubDevice.connect(hub.cloud, 'picky', { password, username: 'nonsense' })).rejects.toMatchObject({
      code: 4,
    });

    hub.keep(await HubDevice.connect(hub.cloud, 'picky', { password }));
  });

  it('is disconnected when its signature expires', async () => {
    const key = await hub.createKey('brief');
    const password = signature(key, 'localhost/devices/brief', soon());
    const device = await HubDevice.connect(hub.cloud, 'brief', { password });
    hub.clock.advance(61);
    await device.closed;

    await expect(HubDevice.connect(hub.cloud, 'brief', { password })).rejects.toMatchObject({ code: 5 });
  });

  it('connects with a certificate whose thumbprint its identity has', async () => {
    const { cert, key, thumbprint } = await selfSigned();
    const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } };
    await hub.cloud.hub('PUT', '/devices/certified', { deviceId: 'certified', authentication });
    hub.keep(await HubDevice.connect(hub.cloud, 'certified', { cert, key }));
    const another = await selfSigned();

    await expect(
      HubDevice.connect(hub.cloud, 'certified', { cert: another.cert, key: another.key }),
    ).rejects.toMatchObject({ code: 5 });
    await expect(HubDevice.connect(hub.cloud, 'certified', {})).rejects.toMatchObject({ code: 5 });
  });

  it('is disconnected and refused when it is disabled or deleted', async () => {
    const [off, gone] = [await hub.connect('off'), await hub.connect('gone')];
    await hub.cloud.hub('PUT', '/devices/off', { deviceId: 'off', status: 'disabled' }, { 'if-match': '*' });
    await hub.cloud.hub('DELETE', '/devices/gone', undefined, { 'if-match': '*' });
    await Promise.all([off.closed, gone.closed]);
    const password = signature(await hub.keyOf('off'), 'localhost/devices/off', soon());

    await expect(HubDevice.connect(hub.cloud, 'off', { password })).rejects.toMatchObject({ code: 5 });
  });

  it('has one connection: a new one ends the earlier one', async () => {
    const first = await hub.connect('twice');
    const password = signature(await hub.keyOf('twice'), 'localhost/devices/twice', soon());
    hub.keep(await HubDevice.connect(hub.cloud, 'twice', { password }));
    await first.closed;

    expect((await hub.cloud.hub('GET', '/devices/twice')).body).toMatchObject({ connectionState: 'Connected' });
  });

  it('cannot subscribe to messages of others, and is disconnected when it publishes to a forbidden topic', async () => {
    const [spy, other] = [await hub.connect('spy'), await hub.connect('observed')];

    await expect(spy.client.subscribeAsync('#')).rejects.toThrow();
    await expect(spy.client.subscribeAsync('devices/observed/messages/devicebound/#')).rejects.toThrow();

    await other.listen(METHODS);
    spy.client.publish('$iothub/methods/POST/fake/?$rid=1', '{}');
    await spy.closed;
    const exact = await hub.connect('exact');
    exact.client.publish('devices/exact/messages/events/', 'x', { qos: 2 });
    await exact.closed;
    const reporting = await hub.connect('reporting');

    await reporting.client.publishAsync('devices/reporting/messages/events/', 'x', { qos: 1 });

    expect(reporting.client.connected).toBe(true);
  });
});
