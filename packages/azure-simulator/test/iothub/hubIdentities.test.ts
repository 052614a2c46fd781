import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { signature } from '../under-test/hubDevice.js';

interface Device {
  deviceId: string;
  etag: string;
  generationId: string;
  authentication: { symmetricKey: { primaryKey: string; secondaryKey: string } };
}

describe("the IoT Hub's identity registry", () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  const make = async (deviceId: string, more: object = {}): Promise<Device> => {
    const { body } = await cloud.hub('PUT', `/devices/${encodeURIComponent(deviceId)}`, { deviceId, ...more });
    return body;
  };

  it('creates a device with its own keys, and returns it unchanged', async () => {
    const made = await make('first');
    expect(made).toMatchObject({
      deviceId: 'first',
      status: 'enabled',
      connectionState: 'Disconnected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authentication: { type: 'sas' },
      capabilities: { iotEdge: false },
    });
    expect(Buffer.from(made.authentication.symmetricKey.primaryKey, 'base64')).toHaveLength(32);

    const read = await cloud.hub('GET', '/devices/first');
    expect(read.body).toEqual(made);
    expect(read.headers['etag']).toBe(`"${made.etag}"`);
  });

  it('accepts every character that the service accepts in ids, and distinguishes case', async () => {
    const odd = "aB-:.+%_#*?!(),=@;$'1";
    await make(odd);

    expect((await cloud.hub('GET', `/devices/${encodeURIComponent(odd)}`)).body).toMatchObject({ deviceId: odd });
    expect((await cloud.hub('GET', `/devices/${encodeURIComponent(odd.toLowerCase())}`)).status).toBe(404);

    for (const bad of ['with space', 'x'.repeat(129), 'slash/ed']) {
      const reply = await cloud.hub('PUT', `/devices/${encodeURIComponent(bad)}`, { deviceId: bad });
      expect(reply).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } });
    }
  });

  it('refuses to create an existing device, and changes it only with its current etag', async () => {
    const made = await make('changing');

    const again = await cloud.hub('PUT', '/devices/changing', { deviceId: 'changing' });

    expect(again).toMatchObject({ status: 409, headers: { 'iothub-errorcode': 'DeviceAlreadyExists' } });
    expect(again.body).toMatchObject({
      Message: "ErrorCode:DeviceAlreadyExists;A device with ID 'changing' is already registered.",
      ExceptionMessage: expect.stringMatching(/^Tracking ID:[0-9a-f]{32}-G:0-TimeStamp:/) as string,
    });

    const off = { deviceId: 'changing', status: 'disabled', statusReason: 'lost' };

    const stale = await cloud.hub('PUT', '/devices/changing', off, { 'if-match': '"bm9uZQ=="' });

    expect(stale).toMatchObject({ status: 412, headers: { 'iothub-errorcode': 'PreconditionFailed' } });

    const changed = await cloud.hub('PUT', '/devices/changing', off, { 'if-match': `"${made.etag}"` });
    expect(changed).toMatchObject({ status: 200, body: { status: 'disabled', statusReason: 'lost' } });

    const device = changed.body as Device;
    expect(device.etag).not.toBe(made.etag);
    expect(device.authentication).toEqual(made.authentication);
  });

  it('deletes a device only with If-Match, and gives a new device of that id another generation', async () => {
    const made = await make('short-lived');

    expect((await cloud.hub('DELETE', '/devices/short-lived')).status).toBe(412);
    expect((await cloud.hub('DELETE', '/devices/short-lived', undefined, { 'if-match': '*' })).status).toBe(204);

    const gone = await cloud.hub('GET', '/devices/short-lived');
    expect(gone).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotFound' } });
    expect(gone.body).toMatchObject({ Message: 'ErrorCode:DeviceNotFound;short-lived' });

    const second = await make('short-lived');
    expect(second.generationId).not.toBe(made.generationId);
  });

  it('keeps modules, and deletes them with their device', async () => {
    await make('gateway', { capabilities: { iotEdge: true } });
    const body = { deviceId: 'gateway', moduleId: 'agent' };

    expect((await cloud.hub('PUT', '/devices/gateway/modules/agent', body)).body).toMatchObject(body);
    expect((await cloud.hub('GET', '/devices/gateway/modules')).body).toMatchObject([body]);
    expect((await cloud.hub('GET', '/twins/gateway/modules/agent')).body).toMatchObject(body);
    expect((await cloud.hub('PUT', '/devices/nowhere/modules/agent', { ...body, deviceId: 'nowhere' })).status).toBe(
      404,
    );

    await cloud.hub('DELETE', '/devices/gateway', undefined, { 'if-match': '*' });
    expect((await cloud.hub('GET', '/devices/gateway/modules/agent')).status).toBe(404);
  });

  it('lists devices, and returns their twins in pages', async () => {
    for (const id of ['list-1', 'list-2', 'list-3']) await make(id);

    const all = (await cloud.hub('GET', '/devices')).body as Device[];

    expect(all.map(({ deviceId }) => deviceId)).toEqual(expect.arrayContaining(['list-1', 'list-2', 'list-3']));

    const query = { query: 'SELECT * FROM devices' };
    const seen: string[] = [];
    let token: string | undefined = '';

    while (token !== undefined) {
      const more: Record<string, string> = token === '' ? {} : { 'x-ms-continuation': token };
      const page = await cloud.hub('POST', '/devices/query', query, { 'x-ms-max-item-count': '2', ...more });
      seen.push(...(page.body as Device[]).map(({ deviceId }) => deviceId));
      token = page.headers['x-ms-continuation'] as string | undefined;
    }

    expect(seen.sort()).toEqual(all.map(({ deviceId }) => deviceId).sort());
  });

  it('serves callers with the role or with a signature of a sufficient policy', async () => {
    await make('guarded');

    const refused = await cloud.hub('GET', '/devices/guarded', undefined, { as: 'device' });

    expect(refused.status).toBe(401);
    expect(refused.body).toMatchObject({
      Message: expect.stringMatching(
        /^ErrorCode:IotHubUnauthorizedAccess;Principal .+ is not authorized for GET on \/devices\/guarded due to no assigned permissions/,
      ) as string,
    });
    expect((await cloud.hub('GET', '/devices/guarded', undefined, { as: 'app' })).status).toBe(200);

    const path = '/iothub/devices/guarded?api-version=2021-04-12';
    expect((await cloud.call('GET', path)).status).toBe(401);

    const wrongAudience = await cloud.call('GET', path, undefined, {
      authorization: `Bearer ${await cloud.token('operator')}`,
    });

    expect(wrongAudience.status).toBe(401);

    const { id } = cloud.running.world.iotHub;
    const keys = (await cloud.armCall('POST', `${id}/listkeys`, undefined, '2021-07-02')).body as {
      value: { keyName: string; primaryKey: string }[];
    };
    const key = (name: string): string => keys.value.find(({ keyName }) => keyName === name)?.primaryKey ?? '';
    const until = new Date(Date.now() + 60_000);
    const ask = async (authorization: string) => (await cloud.call('GET', path, undefined, { authorization })).status;

    expect(await ask(signature(key('registryRead'), 'localhost', until, 'registryRead'))).toBe(200);
    expect(await ask(signature(key('service'), 'localhost', until, 'service'))).toBe(401);
    expect(await ask(signature(key('service'), 'localhost', until, 'registryRead'))).toBe(401);
    expect(await ask(signature(key('registryRead'), 'localhost', new Date(0), 'registryRead'))).toBe(401);
  });

  it('refuses missing and unknown api-versions', async () => {
    const authorization = `Bearer ${await cloud.token('operator', 'https://iothubs.azure.net')}`;
    for (const path of ['/iothub/devices', '/iothub/devices?api-version=1999-01-01']) {
      expect((await cloud.call('GET', path, undefined, { authorization })).status).toBe(400);
    }
  });

  it('keeps devices and twins over a restart', async () => {
    const made = await make('lasting');
    await cloud.hub('PATCH', '/twins/lasting', { tags: { site: 'north' } });
    await cloud.restart();

    expect((await cloud.hub('GET', '/devices/lasting')).body).toEqual(made);
    expect((await cloud.hub('GET', '/twins/lasting')).body).toMatchObject({ tags: { site: 'north' } });
  });

  it('is shown by ARM, and the test controls show no keys', async () => {
    const { id, name } = cloud.running.world.iotHub;

    const shown = await cloud.armCall('GET', id, undefined, '2021-07-02');

    expect(shown.body).toMatchObject({ id, name, properties: { hostName: 'localhost', state: 'Active' } });

    const made = await make('secretive');

    const { text } = await cloud.call('GET', '/_control/state');

    expect(text).toContain('secretive');
    expect(text).not.toContain(made.authentication.symmetricKey.primaryKey);
  });
});
