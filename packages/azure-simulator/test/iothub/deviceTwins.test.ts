import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubDevice, signature } from '../under-test/hubDevice.js';
import { DESIRED, HubUnderTest, TWIN } from './hubUnderTest.js';

describe("a connected device's twin", () => {
  let hub: HubUnderTest;
  beforeEach(async () => {
    hub = await HubUnderTest.start();
  });
  afterEach(() => hub.stop());

  it('is read by the device without metadata, and takes its reported properties', async () => {
    const device = await hub.connect('twinned');
    await device.listen(TWIN);
    await hub.cloud.hub('PATCH', '/twins/twinned', { properties: { desired: { check: 'c1' } } });

    const got = await device.twin('GET');

    expect(got.status).toBe(200);
    expect(JSON.parse(got.text)).toEqual({ desired: { check: 'c1', $version: 2 }, reported: { $version: 1 } });

    expect(await device.twin('PATCH/properties/reported', '{"acknowledged":3}')).toEqual({
      status: 204,
      query: '$rid=r1&$version=2',
      text: '',
    });

    const { body } = await hub.cloud.hub('GET', '/twins/twinned');
    expect(body).toMatchObject({
      connectionState: 'Connected',
      properties: { reported: { acknowledged: 3, $version: 2 } },
    });
    for (const bad of ['not json', '[1]', '{"a.b":1}', '']) {
      expect((await device.twin('PATCH/properties/reported', bad)).status).toBe(400);
    }
  });

  it('notifies the device of changed desired properties only', async () => {
    const device = await hub.connect('notified');
    await device.listen(DESIRED);
    await hub.cloud.hub('PATCH', '/twins/notified', { properties: { desired: { a: 1, b: 1 } } });
    await hub.cloud.hub('PATCH', '/twins/notified', { tags: { silent: true } });
    await hub.cloud.hub('PATCH', '/twins/notified', { properties: { desired: { b: null } } });

    const first = await device.next('$iothub/twin/PATCH/');

    expect(first.topic).toBe('$iothub/twin/PATCH/properties/desired/?$version=2');
    expect(JSON.parse(first.text)).toEqual({ a: 1, b: 1, $version: 2 });

    const second = await device.next('$iothub/twin/PATCH/');
    expect(JSON.parse(second.text)).toEqual({ b: null, $version: 3 });
  });

  it('keeps desired properties that are set while the device is disconnected', async () => {
    const device = await hub.connect('absent');
    await device.end();
    await hub.cloud.hub('PATCH', '/twins/absent', { properties: { desired: { waiting: 'yes' } } });
    const until = new Date(hub.clock.now().getTime() + 60_000);
    const password = signature(await hub.keyOf('absent', 'secondaryKey'), 'localhost/devices/absent', until);
    const back = hub.keep(await HubDevice.connect(hub.cloud, 'absent', { password }));
    await back.listen(TWIN);

    expect(JSON.parse((await back.twin('GET')).text)).toMatchObject({ desired: { waiting: 'yes' } });
  });
});
