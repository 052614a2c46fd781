import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { createDeviceChannels } from '../../../../src/azure/devices/deviceChannels.js';
import { createHubRegistry } from '../../../../src/azure/devices/hubRegistry.js';
import { FakeHints } from '../../fakes/services/hints.js';
import { createIotHub } from '../../../../src/azure/devices/iotHub.js';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { config } from '../../fakes/answers/requests.js';

interface Sent {
  readonly method: string | undefined;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}
const sent: Sent[] = [];
let answers: ((sent: Sent) => Response)[];
const scopes: unknown[] = [];

const credential = {
  getToken: async (scope: unknown) => {
    scopes.push(scope);
    return { token: 'a-token', expiresOnTimestamp: 0 };
  },
};
const settings = config({ IOT_HUBS: 'plant-hub.azure-devices.net' });
/** A clock that only sleeps move. */
const clock = {
  time: 0,
  now: () => clock.time,
  sleep: async (milliseconds: number) => {
    clock.time += milliseconds;
  },
};
let hub = createIotHub(settings, credential, new Turns(clock));
let channels = createDeviceChannels(settings, credential, hub, new Turns(clock), new FakeHints());

beforeEach(() => {
  hub = createIotHub(settings, credential, new Turns(clock));
  channels = createDeviceChannels(settings, credential, hub, new Turns(clock), new FakeHints());
  sent.length = 0;
  answers = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    const one = {
      method: init.method,
      url,
      authorization: headers['authorization'],
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    };
    sent.push(one);
    const answer = answers.shift();
    if (!answer) throw new Error('no more answers');
    return answer(one);
  });
});
afterEach(() => vi.unstubAllGlobals());

const refusal =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json(
      { Message: `ErrorCode:${code};words` },
      { status, headers: { 'iothub-errorcode': code, ...headers } },
    );
const answer = (status: number) => () => Response.json({ status, payload: null });

const message: PullCheckRequested = {
  operation: 'a-client.run',
  run: 'run',
  attempt: 2,
  client: 'edge#1',
  connectedRegistry: 'plantone',
  secret: { name: 's-candidate', version: 'v1' },
  image: 'hello-world:latest',
  keyId: 'k1',
  reportKey: 'derived',
  expiresAt: '2026-03-01T12:05:00.000Z',
};
const { attempt: _attempt, image: _image, ...promotion } = message;
const device = { kind: 'iotHub', hub: 'Plant-Hub' } as const;
const ask = (channel: Parameters<typeof channels.requestPullCheck>[2] = device) =>
  channels.requestPullCheck('id', message, channel);

test('a connected device is called by a direct method that holds the whole message, with the app’s identity', async () => {
  answers = [answer(200)];
  await ask();
  expect(sent).toEqual([
    {
      method: 'POST',
      url: 'https://plant-hub.azure-devices.net/twins/edge%231/methods?api-version=2021-04-12',
      authorization: 'Bearer a-token',
      body: {
        methodName: 'pullCheckRequested',
        payload: message,
        responseTimeoutInSeconds: 10,
        connectTimeoutInSeconds: 0,
      },
    },
  ]);
  expect(scopes.at(-1)).toBe('https://iothubs.azure.net/.default');
});

test('a module is called where the profile names one', async () => {
  answers = [answer(200)];
  await ask({ ...device, module: 'agent' });
  expect(sent[0]?.url).toContain('/twins/edge%231/modules/agent/methods?');
});

test.each([
  ['is not connected', refusal(404, 'DeviceNotOnline')],
  ['does not answer', refusal(504, 'GatewayTimeout')],
])('a device that %s finds the message in its twin', async (_, offline) => {
  answers = [offline, () => Response.json({})];
  await ask();
  expect(sent[1]).toMatchObject({
    method: 'PATCH',
    url: 'https://plant-hub.azure-devices.net/twins/edge%231?api-version=2021-04-12',
    body: { properties: { desired: { connectedRegistry: { pullCheck: message } } } },
  });
});

test('a promotion replaces the pull check in the twin', async () => {
  answers = [refusal(404, 'DeviceNotOnline'), () => Response.json({})];
  await channels.announcePromotion('id', promotion satisfies CredentialPromoted, device);
  expect(sent[0]?.body).toMatchObject({ methodName: 'credentialPromoted', payload: promotion });
  expect(sent[1]?.body).toEqual({
    properties: { desired: { connectedRegistry: { pullCheck: null, promoted: promotion } } },
  });
});

test.each([
  ['the hub does not know the device', refusal(404, 'DeviceNotFound'), { kind: 'notFound', status: 404 }],
  ['the app may not', refusal(401, 'IotHubUnauthorizedAccess'), { kind: 'forbidden' }],
  [
    'the hub is throttled',
    refusal(429, 'ThrottlingException', { 'retry-after': '7' }),
    { kind: 'throttled', retryAfterSeconds: 7 },
  ],
  ['the device is busy', answer(503), { kind: 'unavailable' }],
  ['the device takes no such message', answer(400), { kind: 'refused' }],
  ['the hub answers nonsense', () => Response.json('?'), { kind: 'unavailable' }],
])('it is an error of the channel when %s', async (_, given, error) => {
  answers = [given];
  await expect(ask()).rejects.toMatchObject(error);
  expect(sent).toHaveLength(1);
});

test('a hub that is not configured is never called', async () => {
  await expect(ask({ kind: 'iotHub', hub: 'evil-hub' })).rejects.toMatchObject({ kind: 'refused' });
  expect(sent).toEqual([]);
});

test('a device that asks by itself is sent nothing', async () => {
  await ask({ kind: 'poll' });
  await channels.announcePromotion('id', promotion, { kind: 'poll' });
  expect(sent).toEqual([]);
});

test('the hub says whether it has a device', async () => {
  const registry = createHubRegistry(hub);
  answers = [() => Response.json({ deviceId: 'edge#1' }), refusal(404, 'DeviceNotFound'), refusal(500, 'ServerError')];
  expect(await registry.hasDevice('plant-hub', 'edge#1')).toBe(true);
  expect(await registry.hasDevice('plant-hub', 'edge#1')).toBe(false);
  await expect(registry.hasDevice('plant-hub', 'edge#1')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(sent[0]).toMatchObject({ method: 'GET', url: expect.stringContaining('/devices/edge%231?') as string });
});

test('a hub that refuses a message for its rate is sent no other of its kind before it allows one', async () => {
  answers = [refusal(429, 'ThrottlingException', { 'retry-after': '7' }), refusal(404, 'DeviceNotFound')];
  await expect(ask()).rejects.toMatchObject({ kind: 'throttled', retryAfterSeconds: 7 });
  await expect(ask()).rejects.toMatchObject({ kind: 'throttled', detail: 'awaits-turn' });
  expect(sent).toHaveLength(1);
  // The identity registry has a rate of its own.
  expect(await createHubRegistry(hub).hasDevice('plant-hub', 'edge#1')).toBe(false);
});

test('forty direct methods a second are sent to a hub, and the next ones wait', async () => {
  const started = clock.time;
  for (let nth = 0; nth < 100; nth += 1) {
    answers = [answer(200)];
    await ask();
  }
  expect(clock.time - started).toBeGreaterThan(1_000);
  expect(clock.time - started).toBeLessThan(2_500);
});

const sealed = {
  kind: 'pullCheckRequested',
  client: 'edge#1',
  message: 'a.sealed.message',
  secret: 'a.sealed.secret',
} as const;

test('a sealed message is sent with its secret to a connected device', async () => {
  answers = [answer(200)];
  await channels.sendSealed('id', sealed, { hub: 'Plant-Hub', module: 'agent' });
  const { message: text, secret } = sealed;
  expect(sent).toMatchObject([
    {
      url: expect.stringContaining('/twins/edge%231/modules/agent/methods?') as string,
      body: { methodName: 'pullCheckRequested', payload: { message: text, secret } },
    },
  ]);
});

test('a hub keeps a sealed message for a device without its secret, in texts that a twin takes', async () => {
  const long = 'x'.repeat(9000);
  answers = [refusal(404, 'DeviceNotOnline'), () => Response.json({})];
  await channels.sendSealed('id', { ...sealed, message: long }, { hub: 'plant-hub' });
  const texts = [long.slice(0, 4096), long.slice(4096, 8192), long.slice(8192)];
  const desired = { pullCheck: null, promoted: null, sealed: { pullCheckRequested: texts } };
  expect(sent[1]?.body).toEqual({ properties: { desired: { connectedRegistry: desired } } });
});

test('a sealed promotion replaces the sealed pull check in the twin', async () => {
  answers = [refusal(504, 'GatewayTimeout'), () => Response.json({})];
  await channels.sendSealed('id', { ...sealed, kind: 'credentialPromoted' }, { hub: 'plant-hub' });
  const kept = { pullCheckRequested: null, credentialPromoted: [sealed.message] };
  expect(sent[1]?.body).toEqual({
    properties: { desired: { connectedRegistry: { pullCheck: null, promoted: null, sealed: kept } } },
  });
});

test.each([
  [{ connectedRegistry: { keys: 'a.b.c', pullCheck: {} } }, 'a.b.c'],
  [{ connectedRegistry: { keys: { x: 1 } } }, { x: 1 }],
  [{ connectedRegistry: 'words' }, undefined],
  [{}, undefined],
])('the hub says what a device reports of its keys: %o', async (reported, keys) => {
  answers = [() => Response.json({ deviceId: 'edge#1', properties: { desired: {}, reported } })];
  const found = await createHubRegistry(hub).reportedKeys({ hub: 'plant-hub' }, 'edge#1');
  expect(found).toEqual({ host: 'plant-hub.azure-devices.net', keys });
  expect(sent).toMatchObject([{ method: 'GET', url: expect.stringContaining('/twins/edge%231?') as string }]);
});

test('keys of a module are read in its own twin, and those of an unknown device are an error', async () => {
  answers = [() => Response.json({ properties: { reported: {} } }), refusal(404, 'DeviceNotFound')];
  const registry = createHubRegistry(hub);
  expect((await registry.reportedKeys({ hub: 'plant-hub', module: 'agent' }, 'edge#1')).keys).toBeUndefined();
  expect(sent[0]?.url).toContain('/twins/edge%231/modules/agent?');
  await expect(registry.reportedKeys({ hub: 'plant-hub' }, 'edge#1')).rejects.toMatchObject({ kind: 'notFound' });
});
