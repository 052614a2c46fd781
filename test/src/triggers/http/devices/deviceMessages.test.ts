import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sealedDeviceMessages } from '@connected-registry/protocol/answers/answers';
import { open } from '@connected-registry/protocol/enrolment/sealing';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { admissionOf, channelKeyOf, devicePass } from '../../../../../src/domain/enrolment/serverPasses.js';
import { ONBOARD } from '../../../../../src/domain/operations/run.js';
import { AFTER_HINT, LONGEST_PAUSE } from '../../../../../src/triggers/news/lookPause.js';
import { LongPolls } from '../../../../../src/triggers/http/requests/longPolls.js';
import { SignedRequests } from '../../../../../src/triggers/http/requests/signedRequest.js';
import { getDeviceMessages } from '../../../../../src/triggers/http/routes/deviceMessages.js';
import { openedAnswer } from '../../../../shared/openedAnswers.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { advance, untilTimersWait, whileTimePasses } from '../../../fakes/advance.js';
import { deviceRequest } from '../../../fakes/devices/deviceRequest.js';
import { holdPlace } from '../../../fakes/devices/heldPlace.js';
import { FakeDurableClient, seen } from '../../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, onboardingRun, RUN } from '../../../fakes/answers/requests.js';

const NOW = new Date('2026-03-01T12:04:00.000Z');
const KEY_1 = `k1:${Buffer.alloc(32, 7).toString('base64url')}`;
const KEY_2 = `k2:${Buffer.alloc(32, 9).toString('base64url')}`;
const { reportKeys: keys } = config({ REPORT_KEYS: KEY_1 });
const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const INSTANCE = clientKey(reference);
const RECORD = `@client@${INSTANCE}`;

let device: SigningDevice;
let pass: string;
beforeEach(async () => {
  device = await signingDevice('ES256');
  pass = devicePass(keys, { client: reference, thumbprint: device.thumbprint });
});
let engine: FakeDurableClient;
let polls: LongPolls;
let poll: ReturnType<typeof getDeviceMessages>;
/** A request that waits has one timer for its end, and one for the next look. */
const untilRequestsWait = (requests: number) => untilTimersWait(2 * requests);
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  engine = new FakeDurableClient();
  polls = new LongPolls(2);
  poll = getDeviceMessages(keys, new SignedRequests(keys), polls);
  join();
});
afterEach(() => vi.useRealTimers());

function join(changes: object = {}) {
  const { signingKey: signing, sealingKey: sealing } = device.keys;
  const at = '2026-03-01T11:00:00.000Z';
  const { thumbprint } = device;
  const joined = {
    keys: { signing, sealing },
    thumbprint,
    joinedAt: at,
    keysSince: at,
    lastContactAt: NOW.toISOString(),
  };
  engine.entities.set(RECORD, { joined: { ...joined, ...changes } });
}
const ask = () =>
  engine.instances.set(INSTANCE, {
    name: ONBOARD,
    input: onboardingRun(),
    runtimeStatus: 'Running',
    customStatus: {
      phase: 'pullCheck',
      steps: [],
      pullCheck: {
        attempt: 1,
        expiresAt: '2026-03-01T12:09:00.000Z',
        reports: {},
        request: { secret: { name: `${INSTANCE}-candidate`, version: 'v1' }, image: 'hello-world:latest' },
      },
    },
  });
/** The signature of the last request. */
let authorization: string;
/** Opens an answer to the last request as the device does. */
const opened = (body: Record<string, unknown>) =>
  openedAnswer(body, 'messages', authorization, { device, channelKey: channelKeyOf(keys, pass) });
async function get(wait = '0', by = poll, withPass = pass) {
  const line = { method: 'GET', path: `/api/devices/messages?wait=${wait}` };
  authorization = await device.sign(line, withPass, new Date());
  return by(deviceRequest({ ...line, authorization }), engine.client);
}

describe('a joined device that asks for its messages', () => {
  test('gets an open pull check at once, and no cache keeps it', async () => {
    ask();
    const { status, headers, body } = seen(await get('25'));
    expect([status, headers]).toEqual([200, { 'cache-control': 'no-store' }]);
    expect(await opened(body)).toMatchObject({
      ...reference,
      time: NOW.toISOString(),
      messages: [{ id: `${INSTANCE}.${RUN}.1`, data: { client: 'sensor-7', attempt: 1 } }],
    });
    expect(Object.keys(body)).toEqual(['sealed']);
  });

  test.each(['ES256', 'EdDSA'] as const)('with a key of %s is told nothing in clear', async (algorithm) => {
    device = await signingDevice(algorithm);
    pass = devicePass(keys, { client: reference, thumbprint: device.thumbprint });
    join();
    ask();
    const { body } = seen(await get());
    const { messages } = sealedDeviceMessages.parse(await opened(body));
    const { reportKey } = messages[0]?.data ?? {};
    expect(reportKey).toMatch(/^\S{20,}$/);
    for (const text of [reportKey, INSTANCE, 'sensor-7', 'hello-world'])
      expect(JSON.stringify(body)).not.toContain(text);
  });

  test('seals to the key that the record has, whoever repeats its request at another instance', async () => {
    ask();
    const line = { method: 'GET', path: '/api/devices/messages?wait=0' };
    const captured = deviceRequest({ ...line, authorization: await device.sign(line, pass, NOW) });
    const elsewhere = getDeviceMessages(keys, new SignedRequests(keys), new LongPolls(2));
    await poll(captured, engine.client);
    const { status, body } = seen(await elsewhere(captured, engine.client));
    expect([status, Object.keys(body)]).toEqual([200, ['sealed']]);
    const enemy = await signingDevice('ES256');
    await expect(open(String(body['sealed']), enemy.sealing)).rejects.toThrow('decryption operation failed');
  });

  test('gets 204 after its wait if there is none', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    await advance(22_000);
    expect(await Promise.race([answer, Promise.resolve('waits')])).toBe('waits');
    expect((await whileTimePasses(answer)).status).toBe(204);
  });

  test('gets a message that comes while it waits, also if this instance knows nothing of it', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    await advance(5000);
    ask();
    await advance(LONGEST_PAUSE);
    expect((await answer).status).toBe(200);
  });

  test('gets a message at once if this instance has caused it', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    await advance(5000);
    ask();
    polls.hint(INSTANCE);
    await advance(AFTER_HINT);
    expect((await answer).status).toBe(200);
  });

  test('loses its open request at once if this instance has ended its key', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    await advance(5000);
    engine.entities.set(RECORD, { revokedAt: NOW.toISOString() });
    polls.hint(INSTANCE);
    await advance(AFTER_HINT);
    expect(seen(await answer)).toMatchObject({ status: 403, body: { code: 'device-key-ended' } });
  });

  test('gets no message that came after its key has ended elsewhere', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    await advance(5000);
    engine.entities.set(RECORD, { revokedAt: NOW.toISOString() });
    ask();
    await advance(LONGEST_PAUSE);
    expect(seen(await answer)).toMatchObject({ status: 403, body: { code: 'device-key-ended' } });
  });

  test('learns after its wait at the latest that its key has ended elsewhere', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    engine.entities.set(RECORD, { revokedAt: NOW.toISOString() });
    expect((await whileTimePasses(answer)).status).toBe(204);
    expect((await get('25')).status).toBe(403);
  });

  test('takes one read of storage for each look while nothing happens, and few looks', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    // One of the record, to let the request in, and one of the instance.
    expect(engine.reads).toBe(2);
    expect((await whileTimePasses(answer)).status).toBe(204);
    expect(engine.reads).toBeLessThanOrEqual(6);
  });

  test.each<[string, () => void]>([
    ['another key has replaced it', () => join({ thumbprint: 'another' })],
    ['nothing is known of the client', () => engine.entities.clear()],
  ])('is refused if %s', async (_, change) => {
    change();
    ask();
    expect(seen(await get())).toMatchObject({ status: 403, body: { code: 'device-key-ended' } });
    expect(engine.signals).toEqual([]);
  });

  test('is refused if its wait is none', async () => {
    expect(seen(await get('26'))).toMatchObject({ status: 400, body: { errors: [{ field: 'wait' }] } });
  });

  test('takes one of the places of requests that wait, which other devices share', async () => {
    const others = ['sensor-8', 'sensor-9'].map((client) => holdPlace(polls, client, 25));
    await untilRequestsWait(2);
    expect((await get('25')).status).toBe(429);
    await Promise.all(others.map((one) => whileTimePasses(one)));
    expect((await get('0')).status).toBe(204);
  });

  test('has one request that waits: the one before is answered at once, and its place is free', async () => {
    const waiting = [get('25')];
    for (let nth = 0; nth < 5; nth += 1) {
      await untilRequestsWait(1);
      const before = waiting.at(-1);
      waiting.push(get('25'));
      // No time passes.
      expect(seen((await before) ?? {})).toMatchObject({ status: 204, headers: { 'cache-control': 'no-store' } });
    }
    ask();
    const last = waiting.at(-1);
    expect((last && (await whileTimePasses(last)))?.status).toBe(200);
  });

  test('loses no request that waits to one with a key that has ended', async () => {
    const answer = get('25');
    await untilRequestsWait(1);
    const ended = await signingDevice('ES256');
    const line = { method: 'GET', path: '/api/devices/messages?wait=25' };
    const endedPass = devicePass(keys, { client: reference, thumbprint: ended.thumbprint });
    for (let nth = 0; nth < 70; nth += 1) {
      const authorization = await ended.sign(line, endedPass, new Date());
      const { status } = await poll(deviceRequest({ ...line, authorization }), engine.client);
      expect([403, 429]).toContain(status);
    }
    ask();
    expect((await whileTimePasses(answer)).status).toBe(200);
    expect((await get()).status).toBe(200);
  });

  test('has no more requests a minute with a renewed key', async () => {
    const statusesOf = async (times: number) => {
      const statuses: (number | undefined)[] = [];
      for (let nth = 0; nth < times; nth += 1) statuses.push((await get()).status);
      return statuses.filter((status) => status === 204).length;
    };
    expect(await statusesOf(40)).toBe(40);
    device = await signingDevice('ES256');
    pass = devicePass(keys, { client: reference, thumbprint: device.thumbprint });
    join();
    expect(await statusesOf(40)).toBe(20);
  });

  test('gets a new pass once the server key has changed, also without a message', async () => {
    const { reportKeys: rotated } = config({ REPORT_KEYS: `${KEY_2},${KEY_1}` });
    const later = getDeviceMessages(rotated, new SignedRequests(rotated), new LongPolls(2));
    const { status, body } = seen(await get('0', later));
    expect([status, Object.keys(body)]).toEqual([200, ['sealed']]);
    const renewed = admissionOf(rotated, { client: reference, thumbprint: device.thumbprint });
    expect(await opened(body)).toMatchObject({ messages: [], admission: renewed });
    expect(renewed).not.toEqual(admissionOf(keys, { client: reference, thumbprint: device.thumbprint }));
    expect((await get('0', later, renewed.pass)).status).toBe(204);
  });

  test('gets no new pass for a key that has ended while it waited', async () => {
    const { reportKeys: rotated } = config({ REPORT_KEYS: `${KEY_2},${KEY_1}` });
    const answer = get('25', getDeviceMessages(rotated, new SignedRequests(rotated), polls));
    await untilRequestsWait(1);
    engine.entities.set(RECORD, { revokedAt: NOW.toISOString() });
    expect(seen(await whileTimePasses(answer))).toMatchObject({ status: 403, body: { code: 'device-key-ended' } });
  });

  test('gets both, a new pass and its messages', async () => {
    const { reportKeys: rotated } = config({ REPORT_KEYS: `${KEY_2},${KEY_1}` });
    ask();
    const { body } = seen(await get('0', getDeviceMessages(rotated, new SignedRequests(rotated), new LongPolls(2))));
    expect(Object.keys(body)).toEqual(['sealed']);
    expect(await opened(body)).toMatchObject({ messages: [{ data: { attempt: 1 } }], admission: {} });
  });
});

test('an answer is not the one to another request, and nobody without the channel key has made it', async () => {
  ask();
  const { body } = seen(await get());
  const channelKey = channelKeyOf(keys, pass);
  expect(await opened(body)).toMatchObject(reference);
  await expect(openedAnswer(body, 'secret', authorization, { device, channelKey })).rejects.toThrow(
    'not one of the app',
  );
  const other = { device, channelKey: 'c'.repeat(43) };
  await expect(openedAnswer(body, 'messages', authorization, other)).rejects.toThrow('not one of the app');
  await get();
  await expect(opened(body)).rejects.toThrow('not one of the app');
});

describe('the contact of a device', () => {
  test.each<[string, object, number]>([
    ['is noted at the first request', { lastContactAt: undefined }, 1],
    ['is noted an hour after the last note', { lastContactAt: '2026-03-01T11:04:00.000Z' }, 1],
    ['is not noted again within the hour', { lastContactAt: '2026-03-01T11:04:00.001Z' }, 0],
  ])('%s', async (_, changes, times) => {
    join(changes);
    await get();
    const note = { operation: 'noteContact', input: { thumbprint: device.thumbprint, at: NOW.toISOString() } };
    expect(engine.signals).toMatchObject(Array.from({ length: times }, () => note));
  });
});
