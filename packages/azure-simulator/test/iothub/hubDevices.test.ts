import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../../agent/test/under-test/selfSigned.js';
import { Cloud } from '../under-test/cloud.js';
import { HubDevice, signature } from '../under-test/hubDevice.js';
import { ManualClock } from '../under-test/manualClock.js';

const METHODS = '$iothub/methods/POST/#';
const TWIN = '$iothub/twin/res/#';
const DESIRED = '$iothub/twin/PATCH/properties/desired/#';

describe('a device at the IoT Hub', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  let patience: ManualClock;
  const devices: HubDevice[] = [];
  beforeEach(async () => {
    clock = new ManualClock();
    patience = new ManualClock();
    cloud = await Cloud.start({ clock, patience });
  });
  afterEach(async () => {
    for (const device of devices.splice(0)) await device.end();
    await cloud.end();
  });

  const made = async (id: string): Promise<HubDevice> => {
    const device = await HubDevice.made(cloud, id);
    devices.push(device);
    return device;
  };
  const invoke = (id: string, body: object) =>
    cloud.hub('POST', `/twins/${id}/methods`, { methodName: 'pullCheck', ...body }, { as: 'app' });
  /** Resolves when a call waits: for its device or for an answer. */
  const someoneWaits = async (): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while (patience.pending().length === 0) {
      if (Date.now() > deadline) throw new Error('nobody waits');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  describe('a direct method', () => {
    it('is answered by the device, with its status and payload', async () => {
      const device = await made('answering');
      device.answer = (method, payload) => ({
        status: 202,
        payload: JSON.stringify({ method, got: JSON.parse(payload) }),
      });
      await device.listen(METHODS);
      const reply = await invoke('answering', { payload: { run: 'r1' } });
      expect(reply).toMatchObject({
        status: 200,
        body: { status: 202, payload: { method: 'pullCheck', got: { run: 'r1' } } },
      });
    });

    it('is refused as not online for a device that is away, or does not listen', async () => {
      await cloud.hub('PUT', '/devices/away', { deviceId: 'away' });
      await made('deaf');
      for (const id of ['away', 'deaf']) {
        const reply = await invoke(id, {});
        expect(reply).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotOnline' } });
        const { Message } = reply.body as { Message: string };
        expect(JSON.parse(Message)).toMatchObject({
          errorCode: 404103,
          message: 'Timed out waiting for device to connect.',
          info: { timeout: '00:00:00' },
        });
      }
      expect(await invoke('nobody', {})).toMatchObject({
        status: 404,
        headers: { 'iothub-errorcode': 'DeviceNotFound' },
      });
    });

    it('waits for a device to come, as long as it is told to', async () => {
      await cloud.hub('PUT', '/devices/late', { deviceId: 'late' });
      const early = invoke('late', { connectTimeoutInSeconds: 20 });
      await someoneWaits();
      patience.advance(20);
      const { Message } = (await early).body as { Message: string };
      expect(JSON.parse(Message)).toMatchObject({ errorCode: 404103, info: { timeout: '00:00:20' } });

      await cloud.hub('DELETE', '/devices/late', undefined, { 'if-match': '*' });
      const device = await made('late');
      device.answer = () => ({ status: 200, payload: '' });
      const waiting = invoke('late', { connectTimeoutInSeconds: 20 });
      await someoneWaits();
      await device.listen(METHODS);
      expect(await waiting).toMatchObject({ status: 200, body: { status: 200, payload: null } });
    });

    it('times out with 504 when the device says nothing, and a late answer is left', async () => {
      const device = await made('slow');
      await device.listen(METHODS);
      const call = invoke('slow', { responseTimeoutInSeconds: 5 });
      const { topic } = await device.next('$iothub/methods/POST/pullCheck/');
      patience.advance(5);
      const reply = await call;
      expect(reply).toMatchObject({ status: 504, headers: { 'iothub-errorcode': 'GatewayTimeout' } });
      const { Message } = reply.body as { Message: string };
      expect(JSON.parse(Message)).toMatchObject({
        errorCode: 504101,
        message: 'Timed out waiting for the response from device.',
      });
      const request = topic.split('$rid=')[1] ?? '';
      await device.client.publishAsync(`$iothub/methods/res/200/?$rid=${request}`, '{}', { qos: 1 });
      expect(device.client.connected).toBe(true);
    });

    it('ends when the device goes away, and cannot be answered by another', async () => {
      const [device, other] = [await made('leaving'), await made('other')];
      await device.listen(METHODS);
      const call = invoke('leaving', {});
      const { topic } = await device.next('$iothub/methods/POST/');
      const request = topic.split('$rid=')[1] ?? '';
      await other.client.publishAsync(`$iothub/methods/res/200/?$rid=${request}`, '{}', { qos: 1 });
      await device.end();
      expect(await call).toMatchObject({
        status: 404,
        headers: { 'iothub-errorcode': 'DeviceConnectionClosedRemotely' },
      });
    });

    it.each([{ responseTimeoutInSeconds: 4 }, { responseTimeoutInSeconds: 301 }, { connectTimeoutInSeconds: 301 }])(
      'has bounds: %o',
      async (bad) => {
        await cloud.hub('PUT', '/devices/bounded', { deviceId: 'bounded' });
        expect(await invoke('bounded', bad)).toMatchObject({
          status: 400,
          headers: { 'iothub-errorcode': 'ArgumentInvalid' },
        });
      },
    );

    it('reaches a module as well', async () => {
      await cloud.hub('PUT', '/devices/edge', { deviceId: 'edge' });
      const module = await cloud.hub('PUT', '/devices/edge/modules/agent', { deviceId: 'edge', moduleId: 'agent' });
      const keys = module.body as { authentication: { symmetricKey: { primaryKey: string } } };
      const { primaryKey } = keys.authentication.symmetricKey;
      const until = new Date(Date.now() + 60_000);
      const password = signature(primaryKey, 'localhost/devices/edge/modules/agent', until);
      const device = await HubDevice.connect(cloud, 'edge/agent', { password });
      devices.push(device);
      device.answer = () => ({ status: 200, payload: '{"from":"module"}' });
      await device.listen(METHODS);
      const reply = await cloud.hub('POST', '/twins/edge/modules/agent/methods', { methodName: 'x' });
      expect(reply.body).toEqual({ status: 200, payload: { from: 'module' } });
      expect((await invoke('edge', {})).status).toBe(404);
    });
  });

  describe('its twin', () => {
    it('is read by the device without metadata, and reported into', async () => {
      const device = await made('twinned');
      await device.listen(TWIN);
      await cloud.hub('PATCH', '/twins/twinned', { properties: { desired: { check: 'c1' } } });
      const got = await device.twin('GET');
      expect(got.status).toBe(200);
      expect(JSON.parse(got.text)).toEqual({ desired: { check: 'c1', $version: 2 }, reported: { $version: 1 } });

      expect(await device.twin('PATCH/properties/reported', '{"acknowledged":3}')).toEqual({
        status: 204,
        query: '$rid=r1&$version=2',
        text: '',
      });
      const { body } = await cloud.hub('GET', '/twins/twinned');
      expect(body).toMatchObject({
        connectionState: 'Connected',
        properties: { reported: { acknowledged: 3, $version: 2 } },
      });
      for (const bad of ['not json', '[1]', '{"a.b":1}', '']) {
        expect((await device.twin('PATCH/properties/reported', bad)).status).toBe(400);
      }
    });

    it('tells the device of changed desired properties only', async () => {
      const device = await made('told');
      await device.listen(DESIRED);
      await cloud.hub('PATCH', '/twins/told', { properties: { desired: { a: 1, b: 1 } } });
      await cloud.hub('PATCH', '/twins/told', { tags: { silent: true } });
      await cloud.hub('PATCH', '/twins/told', { properties: { desired: { b: null } } });
      const first = await device.next('$iothub/twin/PATCH/');
      expect(first.topic).toBe('$iothub/twin/PATCH/properties/desired/?$version=2');
      expect(JSON.parse(first.text)).toEqual({ a: 1, b: 1, $version: 2 });
      const second = await device.next('$iothub/twin/PATCH/');
      expect(JSON.parse(second.text)).toEqual({ b: null, $version: 3 });
    });

    it('keeps what was desired while the device was away', async () => {
      const device = await made('absent');
      await device.end();
      await cloud.hub('PATCH', '/twins/absent', { properties: { desired: { waiting: 'yes' } } });
      const { body } = await cloud.hub('GET', '/devices/absent');
      const keys = body as { authentication: { symmetricKey: { secondaryKey: string } } };
      const { secondaryKey } = keys.authentication.symmetricKey;
      const password = signature(secondaryKey, 'localhost/devices/absent', new Date(Date.now() + 60_000));
      const back = await HubDevice.connect(cloud, 'absent', { password });
      devices.push(back);
      await back.listen(TWIN);
      expect(JSON.parse((await back.twin('GET')).text)).toMatchObject({ desired: { waiting: 'yes' } });
    });
  });

  describe('is let in', () => {
    const keyOf = async (id: string): Promise<string> => {
      const { body } = await cloud.hub('PUT', `/devices/${id}`, { deviceId: id });
      return (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication.symmetricKey
        .primaryKey;
    };
    const soon = (): Date => new Date(clock.now().getTime() + 60_000);

    it('only with a signature of its own key, for itself, that still holds', async () => {
      const [key, other] = [await keyOf('picky'), await keyOf('other')];
      const refused = [
        signature(other, 'localhost/devices/picky', soon()),
        signature(key, 'localhost/devices/other', soon()),
        signature(key, 'elsewhere/devices/picky', soon()),
        signature(key, 'localhost/devices/picky', new Date(clock.now().getTime() - 1000)),
        'no signature',
      ];
      for (const password of refused) {
        await expect(HubDevice.connect(cloud, 'picky', { password })).rejects.toMatchObject({ code: 5 });
      }
      const password = signature(key, 'localhost/devices/picky', soon());
      await expect(
        HubDevice.connect(cloud, 'picky', { password, username: 'localhost/other/?api-version=2021-04-12' }),
      ).rejects.toMatchObject({ code: 5 });
      await expect(HubDevice.connect(cloud, 'picky', { password, username: 'nonsense' })).rejects.toMatchObject({
        code: 4,
      });
      devices.push(await HubDevice.connect(cloud, 'picky', { password }));
    });

    it('until its signature ends', async () => {
      const key = await keyOf('brief');
      const password = signature(key, 'localhost/devices/brief', soon());
      const device = await HubDevice.connect(cloud, 'brief', { password });
      clock.advance(61);
      await device.closed;
      await expect(HubDevice.connect(cloud, 'brief', { password })).rejects.toMatchObject({ code: 5 });
    });

    it('with a certificate whose thumbprint the identity has', async () => {
      const { cert, key, thumbprint } = await selfSigned();
      const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } };
      await cloud.hub('PUT', '/devices/certified', { deviceId: 'certified', authentication });
      devices.push(await HubDevice.connect(cloud, 'certified', { cert, key }));
      const another = await selfSigned();
      await expect(
        HubDevice.connect(cloud, 'certified', { cert: another.cert, key: another.key }),
      ).rejects.toMatchObject({ code: 5 });
      await expect(HubDevice.connect(cloud, 'certified', {})).rejects.toMatchObject({ code: 5 });
    });

    it('not when it is disabled or deleted, which ends its connection too', async () => {
      const [off, gone] = [await made('off'), await made('gone')];
      await cloud.hub('PUT', '/devices/off', { deviceId: 'off', status: 'disabled' }, { 'if-match': '*' });
      await cloud.hub('DELETE', '/devices/gone', undefined, { 'if-match': '*' });
      await Promise.all([off.closed, gone.closed]);
      const { body } = await cloud.hub('GET', '/devices/off');
      const { symmetricKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication;
      const password = signature(symmetricKey.primaryKey, 'localhost/devices/off', soon());
      await expect(HubDevice.connect(cloud, 'off', { password })).rejects.toMatchObject({ code: 5 });
    });

    it('once: a new connection ends the one before', async () => {
      const first = await made('twice');
      const { body } = await cloud.hub('GET', '/devices/twice');
      const { symmetricKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication;
      const password = signature(symmetricKey.primaryKey, 'localhost/devices/twice', soon());
      devices.push(await HubDevice.connect(cloud, 'twice', { password }));
      await first.closed;
      expect((await cloud.hub('GET', '/devices/twice')).body).toMatchObject({ connectionState: 'Connected' });
    });
  });

  it('cannot listen to others, and is sent off for what it may not send', async () => {
    const [spy, other] = [await made('spy'), await made('observed')];
    await expect(spy.client.subscribeAsync('#')).rejects.toThrow();
    await expect(spy.client.subscribeAsync('devices/observed/messages/devicebound/#')).rejects.toThrow();
    await other.listen(METHODS);
    spy.client.publish('$iothub/methods/POST/fake/?$rid=1', '{}');
    await spy.closed;
    const exact = await made('exact');
    exact.client.publish('devices/exact/messages/events/', 'x', { qos: 2 });
    await exact.closed;
    const telling = await made('telling');
    await telling.client.publishAsync('devices/telling/messages/events/', 'x', { qos: 1 });
    expect(telling.client.connected).toBe(true);
  });
});
