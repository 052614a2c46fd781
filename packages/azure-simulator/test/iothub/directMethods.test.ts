import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubDevice, signature } from '../under-test/hubDevice.js';
import { HubUnderTest, keyIn, METHODS } from './hubUnderTest.js';

describe('a direct method', () => {
  let hub: HubUnderTest;
  beforeEach(async () => {
    hub = await HubUnderTest.start();
  });
  afterEach(() => hub.stop());

  it('returns the status and payload that the device answers', async () => {
    const device = await hub.connect('answering');
    device.answer = (method, payload) => ({
      status: 202,
      payload: JSON.stringify({ method, got: JSON.parse(payload) }),
    });
    await device.listen(METHODS);

    const reply = await hub.invoke('answering', { payload: { run: 'r1' } });

    expect(reply).toMatchObject({
      status: 200,
      body: { status: 202, payload: { method: 'pullCheck', got: { run: 'r1' } } },
    });
  });

  it('is refused as DeviceNotOnline if the device is disconnected or does not subscribe to methods', async () => {
    await hub.cloud.hub('PUT', '/devices/away', { deviceId: 'away' });
    await hub.connect('unsubscribed');
    for (const id of ['away', 'unsubscribed']) {
      const reply = await hub.invoke(id, {});
      expect(reply).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotOnline' } });
      const { Message } = reply.body as { Message: string };
      expect(JSON.parse(Message)).toMatchObject({
        errorCode: 404103,
        message: 'Timed out waiting for device to connect.',
        info: { timeout: '00:00:00' },
      });
    }

    expect(await hub.invoke('unknown', {})).toMatchObject({
      status: 404,
      headers: { 'iothub-errorcode': 'DeviceNotFound' },
    });
  });

  it('waits for the device to connect, for connectTimeoutInSeconds', async () => {
    await hub.cloud.hub('PUT', '/devices/late', { deviceId: 'late' });
    const early = hub.invoke('late', { connectTimeoutInSeconds: 20 });
    await hub.untilCallWaits();
    hub.waitClock.advance(20);

    const { Message } = (await early).body as { Message: string };

    expect(JSON.parse(Message)).toMatchObject({ errorCode: 404103, info: { timeout: '00:00:20' } });

    await hub.cloud.hub('DELETE', '/devices/late', undefined, { 'if-match': '*' });
    const device = await hub.connect('late');
    device.answer = () => ({ status: 200, payload: '' });
    const waiting = hub.invoke('late', { connectTimeoutInSeconds: 20 });
    await hub.untilCallWaits();
    await device.listen(METHODS);

    expect(await waiting).toMatchObject({ status: 200, body: { status: 200, payload: null } });
  });

  it('times out with 504 if the device does not answer, and a later answer is ignored', async () => {
    const device = await hub.connect('slow');
    await device.listen(METHODS);
    const call = hub.invoke('slow', { responseTimeoutInSeconds: 5 });
    const { topic } = await device.next('$iothub/methods/POST/pullCheck/');
    hub.waitClock.advance(5);

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

  it('ends when the device disconnects, and another device cannot answer it', async () => {
    const [device, other] = [await hub.connect('leaving'), await hub.connect('other')];
    await device.listen(METHODS);
    const call = hub.invoke('leaving', {});
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
    'is refused with a timeout out of range: %o',
    async (bad) => {
      await hub.cloud.hub('PUT', '/devices/bounded', { deviceId: 'bounded' });
      expect(await hub.invoke('bounded', bad)).toMatchObject({
        status: 400,
        headers: { 'iothub-errorcode': 'ArgumentInvalid' },
      });
    },
  );

  it('reaches a module', async () => {
    await hub.cloud.hub('PUT', '/devices/edge', { deviceId: 'edge' });
    const module = await hub.cloud.hub('PUT', '/devices/edge/modules/agent', { deviceId: 'edge', moduleId: 'agent' });
    const until = new Date(hub.clock.now().getTime() + 60_000);
    const password = signature(keyIn(module.body), 'localhost/devices/edge/modules/agent', until);
    const device = hub.keep(await HubDevice.connect(hub.cloud, 'edge/agent', { password }));
    device.answer = () => ({ status: 200, payload: '{"from":"module"}' });
    await device.listen(METHODS);

    const reply = await hub.cloud.hub('POST', '/twins/edge/modules/agent/methods', { methodName: 'x' });

    expect(reply.body).toEqual({ status: 200, payload: { from: 'module' } });
    expect((await hub.invoke('edge', {})).status).toBe(404);
  });
});
