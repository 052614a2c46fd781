import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { verifyAcknowledgementKey, verifyReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import { getPendingMessages } from '../../../../src/triggers/http/routes/pendingMessages.js';
import type { Callers } from '../../../../src/ports/callers.js';
import { LONGEST_PAUSE } from '../../../../src/triggers/news/lookPause.js';
import { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';
import { callerAddress, callerNetwork, RateLimit } from '../../../../src/triggers/http/requests/rateLimit.js';
import { advance, whileTimePasses } from '../../fakes/advance.js';
import { holdPlace } from '../../fakes/devices/heldPlace.js';
import { FakeDurableClient, httpRequest, seen, type Instance } from '../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, onboardingRun, RUN } from '../../fakes/answers/requests.js';

const OID = '6f1c2a34-0000-4000-8000-00000000000a';
const settings = config({
  AZURE_TENANT_ID: 'tenant',
  POLL_AUDIENCE: 'api://onboarding',
  POLLS_AT_ONCE: '2',
  PROFILES: JSON.stringify([
    {
      name: 'behind-nat',
      connectedRegistry: CONNECTED_REGISTRY,
      repositories: ['hello-world'],
      channel: 'poll',
      pollers: { [OID]: ['sensor-7', 'sensor-8'] },
    },
  ]),
});
const keys = settings.reportKeys;
const reference = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const INSTANCE = clientKey(reference);
const OPERATION = `${INSTANCE}.${RUN}`;
const checkRequest = { secret: { name: `${INSTANCE}-candidate`, version: 'v1' }, image: 'hello-world:latest' };
const expiresAt = '2026-03-01T12:05:00.000Z';

let engine: FakeDurableClient;
const callers = { identify: async (token: string) => (token === 'good' ? OID : undefined) };
let poll: ReturnType<typeof getPendingMessages>;
const pollWith = (by: Callers) => getPendingMessages(settings, by, new LongPolls(settings.polling.atOnce));
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:04:00Z') });
  engine = new FakeDurableClient();
  poll = pollWith(callers);
});
afterEach(() => vi.useRealTimers());

const hold = (changes: Partial<Instance> = {}, check: object = {}) =>
  engine.instances.set(INSTANCE, {
    name: ONBOARD,
    input: onboardingRun(),
    runtimeStatus: 'Running',
    customStatus: {
      phase: 'pullCheck',
      steps: [],
      pullCheck: { attempt: 2, expiresAt, reports: {}, request: checkRequest, ...check },
    },
    ...changes,
  });
const get = (wait?: string, token: string | undefined = 'good') =>
  poll(
    httpRequest({ headers: { authorization: `Bearer ${token}` }, query: wait === undefined ? {} : { wait } }),
    engine.client,
  );
const ended = (changes: object = {}) => ({
  runtimeStatus: 'Completed',
  output: {
    status: 'completed',
    endedAt: '2026-03-01T12:00:00.000Z',
    steps: [],
    result: { secret: { name: INSTANCE, version: 'v2' }, changed: true, ...changes },
  },
});

describe('a device that polls its messages', () => {
  test('gets an open pull check as on the signal topic, with a key that is valid for its report', async () => {
    hold();
    const { status, body } = seen(await get());
    expect(status).toBe(200);
    const [message] = (body as { messages: { data: { keyId: string; reportKey: string } }[] }).messages;
    expect(message).toMatchObject({
      specversion: '1.0',
      type: 'ConnectedRegistry.PullCheckRequested',
      id: `${OPERATION}.2`,
      subject: `connectedRegistries/${CONNECTED_REGISTRY}/clients/sensor-7/${INSTANCE.slice(-16)}`,
      data: { operation: OPERATION, run: RUN, attempt: 2, client: 'sensor-7', ...checkRequest, expiresAt },
    });
    const { keyId = '', reportKey = '' } = message?.data ?? {};
    expect(verifyReportKey(keys, keyId, reportKey, { operation: OPERATION, attempt: 2, expiresAt })).toBe(true);
  });

  test.each<[string, Partial<Instance>, object]>([
    ['its report was accepted', {}, { reports: { 2: 'hash' } }],
    ['the attempt has expired', {}, { expiresAt: '2026-03-01T12:04:00.000Z' }],
    ['the run has not asked yet', { customStatus: { phase: 'bind', steps: [] } }, {}],
    [
      'the run failed',
      { runtimeStatus: 'Completed', output: { status: 'rolledBack', endedAt: expiresAt, steps: [] } },
      {},
    ],
    ['nothing was changed', ended({ changed: false }), {}],
  ])('gets none if %s', async (_, changes, check) => {
    hold(changes, check);
    expect((await get()).status).toBe(204);
  });

  test('gets a promotion until it is acknowledged, or the agent’s own refresh finds it', async () => {
    hold(ended());
    const { body } = seen(await get());
    const [message] = (body as { messages: { data: Record<string, string> }[] }).messages;
    expect(message).toMatchObject({
      type: 'ConnectedRegistry.CredentialPromoted',
      id: `${OPERATION}.promoted`,
      data: { operation: OPERATION, secret: { name: INSTANCE, version: 'v2' } },
    });
    const { keyId = '', reportKey = '', expiresAt: until = '' } = message?.data ?? {};
    expect(verifyAcknowledgementKey(keys, keyId, reportKey, { operation: OPERATION, expiresAt: until })).toBe(true);
    engine.entities.set(`@client@${INSTANCE}`, { acknowledged: 'v2' });
    expect((await get()).status).toBe(204);
    engine.entities.set(`@client@${INSTANCE}`, { acknowledged: 'v1' });
    expect((await get()).status).toBe(200);
    vi.setSystemTime(new Date(until));
    expect((await get()).status).toBe(204);
  });

  test('waits until there is a message, or for the requested time', async () => {
    const waiting = get('20');
    await advance(3000);
    hold();
    await advance(LONGEST_PAUSE);
    expect((await waiting).status).toBe(200);
    engine.instances.clear();
    const startedAt = Date.now();
    const { status } = await whileTimePasses(get('20'));
    expect(status).toBe(204);
    // A part is left to chance.
    const waited = Date.now() - startedAt;
    expect([waited >= 18_000, waited <= 20_000]).toEqual([true, true]);
  });

  test('shares its looks with the other requests for the same clients', async () => {
    const open = [get('20'), get('20')];
    await advance(7000);
    const { reads } = engine;
    // Each request reads the index and the records of its two clients. Without a run, looks come every six to eight
    // seconds. The second request has come during the first look at each client, and has another one for itself.
    expect(reads).toBeLessThanOrEqual(2 * 3 + 2 + 4);
    hold();
    await advance(LONGEST_PAUSE);
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('takes one read for each look at a promotion that it has acknowledged', async () => {
    hold(ended());
    engine.entities.set(`@client@${INSTANCE}`, { acknowledged: 'v2' });
    const records = vi.spyOn(engine, 'readEntityState');
    expect((await whileTimePasses(get('20'))).status).toBe(204);
    // The index and the records of its two clients. No look reads them again.
    expect(records).toHaveBeenCalledTimes(3);
    expect(engine.reads).toBeGreaterThan(3 + 4);
  });

  test.each(['-1', '26', 'soon', '1.5'])('is refused with the allowed wait: %s', async (wait) => {
    expect(seen(await get(wait))).toMatchObject({ status: 400, body: { errors: [{ field: 'wait' }] } });
  });

  test('without a valid token is refused before the engine is called', async () => {
    hold();
    const answer = seen(await get('0', 'bad'));
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'not-authenticated' },
    });
    const bare = await poll(httpRequest({}), engine.client);
    expect([bare.status, engine.reads]).toEqual([401, 0]);
  });

  test('whose identity is in no profile is refused', async () => {
    poll = pollWith({ identify: async () => '6f1c2a34-0000-4000-8000-00000000000b' });
    expect(seen(await get())).toMatchObject({ status: 403, body: { code: 'not-a-poller' } });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'whose identity is named like a property of every object has no clients: %s',
    async (name) => {
      poll = pollWith({ identify: async () => name });
      expect(seen(await get())).toMatchObject({ status: 403, body: { code: 'not-a-poller' } });
    },
  );

  test('is asked to retry if too many wait at once, and accepted when one has left', async () => {
    const polls = new LongPolls(settings.polling.atOnce);
    const others = ['a', 'b'].map((sender) => holdPlace(polls, sender, 5));
    poll = getPendingMessages(settings, callers, polls);
    expect(seen(await get('5'))).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
    await whileTimePasses(Promise.all(others));
    expect((await get()).status).toBe(204);
  });

  test('has as many requests that wait as it has clients: beyond that, the oldest is answered at once', async () => {
    const open = [get('20'), get('20'), get('20')];
    // No time passes.
    expect((await open[0])?.status).toBe(204);
    hold();
    expect((await whileTimePasses(Promise.all(open))).map(({ status }) => status)).toEqual([204, 200, 200]);
  });

  test('releases its place also if Entra does not answer', async () => {
    const identify = async () => {
      throw new ServiceError({ kind: 'unavailable', operation: 'read the keys of', resource: resourceName('tenant') });
    };
    poll = pollWith({ identify });
    for (let n = 0; n < 5; n += 1) await expect(get()).rejects.toThrow('read the keys');
  });
});

describe('a rate limit', () => {
  test('allows a burst, then one request at a time, for each key', () => {
    const limit = new RateLimit(2);
    expect([limit.take('a', 0), limit.take('a', 0), limit.take('a', 0), limit.take('b', 0)]).toEqual([
      undefined,
      undefined,
      30,
      undefined,
    ]);
    expect([limit.take('a', 29_000), limit.take('a', 30_001), limit.take('a', 30_001)]).toEqual([1, undefined, 30]);
  });

  test('counts the address that the front end added, and ignores the caller’s own', () => {
    expect(callerAddress('1.1.1.1, 2.2.2.2:4711')).toBe('2.2.2.2');
    expect(callerAddress('[2001:db8::1]:443')).toBe('2001:db8::1');
    expect(callerAddress('2001:db8::1')).toBe('2001:db8::1');
    expect(callerAddress(null)).toBe('unknown');
  });

  test.each(['x'.repeat(15_000), '1.2.3', '1.1.1.1 or 2.2.2.2', '999.1.1.1', 'fe80::1%eth0', '__proto__', '[::1', ''])(
    'is unknown for a text that is no address, so that a caller cannot write a new one for each request: %s',
    (text) => {
      expect(callerAddress(text)).toBe('unknown');
    },
  );

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:DB8:1:2::1', '2001:db8:0001:2::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.5', false],
    ['1.2.3.4', '1.2.3.5', false],
  ])('counts addresses of one network as one caller: %s and %s', (one, other, same) => {
    expect(callerNetwork(one) === callerNetwork(other)).toBe(same);
  });
});
