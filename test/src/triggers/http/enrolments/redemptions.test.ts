import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { channelKeyOf, newJoinToken, readDevicePass } from '../../../../../src/domain/enrolment/serverPasses.js';
import { ServiceError } from '../../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../../src/serviceErrors/serviceFacts.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { deviceRequest } from '../../../fakes/devices/deviceRequest.js';
import { CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';
import { CLIENT, EnrolmentWorld, KEY } from '../../../fakes/enrolment/enrolmentWorld.js';

const OTHER_ADDRESS = '203.0.113.9';
const NOW = '2026-03-01T12:00:00.000Z';
const MINUTE = 60_000;

let device: SigningDevice;
let thief: SigningDevice;
beforeAll(async () => {
  [device, thief] = await Promise.all([signingDevice('EdDSA'), signingDevice('ES256')]);
});
let world: EnrolmentWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  world = new EnrolmentWorld();
});
afterEach(() => vi.useRealTimers());

const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const codeOf = ({ status, body }: { status: number | undefined; body: Readonly<Record<string, unknown>> }) => [
  status,
  body['code'],
];
const joins = () => world.lines.filter((line) => line.includes('enrolment.redeem.succeeded')).length;
const redemptions = () => world.engine.signals.filter(({ operation }) => operation === 'redeem').length;

describe('a device with a join token', () => {
  test('joins, and is answered the same again without a write', async () => {
    const token = await world.token();
    const first = await world.redeem(device, token);
    expect([first.status, first.headers]).toEqual([
      200,
      { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    ]);
    const { pass } = first.body as { pass: string };
    const channelKey = channelKeyOf(world.config.reportKeys, pass);
    expect(first.body).toEqual({ ...CLIENT, thumbprint: device.thumbprint, pass, channelKey });
    expect(readDevicePass(world.config.reportKeys, pass)).toEqual({ client: CLIENT, thumbprint: device.thumbprint });
    expect(world.engine.record().joined).toEqual({
      keys: { signing: device.keys.signingKey, sealing: device.keys.sealingKey },
      thumbprint: device.thumbprint,
      joinedAt: NOW,
      keysSince: NOW,
      token: expect.any(String) as unknown,
    });
    later(60 * MINUTE);
    expect(await world.redeem(device, token, OTHER_ADDRESS)).toEqual(first);
    expect([redemptions(), joins()]).toEqual([1, 2]);
    expect(JSON.stringify([[...world.engine.entities], world.engine.signals, world.lines])).not.toContain(token);
  });

  test('is let in once, however many come at the same time', async () => {
    const token = await world.token();
    const devices = await Promise.all(Array.from({ length: 6 }, () => signingDevice('ES256')));
    Object.assign(world.engine, { fate: 'held', heldUntil: 6 });
    const codes = (await Promise.all(devices.map((one) => world.redeem(one, token)))).map(codeOf);
    expect(codes.filter(([status]) => status === 200)).toHaveLength(1);
    expect(codes.filter(([, code]) => code === 'join-token-used')).toHaveLength(5);
  });

  test('that the engine is slow to let in repeats its request, and has joined', async () => {
    const token = await world.token();
    world.engine.fate = 'held';
    const slow = await world.redeem(device, token);
    expect([codeOf(slow), slow.headers?.['retry-after']]).toEqual([[503, 'engine-slow'], '5']);
    await world.engine.deliver();
    expect((await world.redeem(device, token)).status).toBe(200);
  });

  test('that was rebuilt joins with a new token, and its earlier key ends', async () => {
    const first = await world.token();
    await world.join(device, first);
    later(MINUTE);
    const second = await world.token({ replace: true });
    const rebuilt = await signingDevice('ES256');
    await world.join(rebuilt, second);
    expect(world.engine.record().joined?.thumbprint).toBe(rebuilt.thumbprint);
    expect(codeOf(await world.redeem(device, first))).toEqual([410, 'join-token-unknown']);
    expect(codeOf(await world.renew(device, thief))).toEqual([403, 'device-key-ended']);
    expect(world.alerts.refused.size).toBe(0);
  });
});

describe('a join token', () => {
  test('that was used is refused to another key, with an alert that names neither token nor key', async () => {
    const token = await world.token();
    await world.join(device, token);
    later(MINUTE);
    expect(codeOf(await world.redeem(thief, token, OTHER_ADDRESS))).toEqual([403, 'join-token-used']);
    expect([...world.alerts.refused.values()]).toEqual([
      {
        ...CLIENT,
        reason: 'used',
        thumbprint: thief.thumbprint,
        address: OTHER_ADDRESS,
        refusedAt: '2026-03-01T12:01:00.000Z',
      },
    ]);
    expect(world.engine.record().joined?.thumbprint).toBe(device.thumbprint);
    expect(world.lines.join()).toContain('"audit":"enrolment.redeem.refused"');
  });

  test('in wrong hands floods operators with one alert in ten minutes', async () => {
    const token = await world.token();
    await world.join(device, token);
    for (let nth = 0; nth < 19; nth += 1) {
      await world.redeem(thief, token);
      later(MINUTE);
    }
    expect(world.alerts.refused.size).toBe(2);
  });

  test('in wrong hands alerts operators also after the clock was set back', async () => {
    const token = await world.token();
    await world.join(device, token);
    later(5 * MINUTE);
    await world.redeem(thief, token);
    vi.setSystemTime(Date.now() - 5 * MINUTE);
    world.alerts.refused.clear();
    await world.redeem(thief, token);
    expect(world.alerts.refused.size).toBe(1);
  });

  const resource = resourceName('alerts');
  test.each([
    new ServiceError({ kind: 'unavailable', operation: 'get token', resource, detail: 'no-connection' }),
    new TypeError('words of somebody'),
  ])('is refused all the same while no alert can be sent, and the next refusal tries again: %o', async (error) => {
    const token = await world.token();
    await world.join(device, token);
    let tries = 0;
    world.alerts.enrolmentRefused = () => {
      tries += 1;
      throw error;
    };
    for (let nth = 0; nth < 2; nth += 1)
      expect(codeOf(await world.redeem(thief, token))).toEqual([403, 'join-token-used']);
    expect(tries).toBe(2);
    expect(world.lines.join()).not.toContain('words of somebody');
  });

  test('is answered though an alert takes for ever', async () => {
    const token = await world.token();
    await world.join(device, token);
    world.alerts.enrolmentRefused = () => new Promise(() => undefined);
    expect(codeOf(await world.redeem(thief, token))).toEqual([403, 'join-token-used']);
  });

  test('ends at its time', async () => {
    const token = await world.token({ lifetimeHours: 1 });
    later(60 * MINUTE);
    expect(codeOf(await world.redeem(device, token))).toEqual([410, 'join-token-expired']);
  });

  test.each([
    ['withdrawn', () => world.withdraw()],
    ['revoked', () => world.engine.request('revoke', { at: NOW, until: NOW })],
    ['offboarded', () => world.engine.request('forget', {})],
    ['replaced', () => (later(1), world.token())],
  ])('whose client or itself was %s is unknown', async (_, end) => {
    const token = await world.token();
    await end();
    expect(codeOf(await world.redeem(device, token))).toEqual([410, 'join-token-unknown']);
    expect(redemptions()).toBe(0);
  });

  test('that was limited to a network is refused elsewhere with an alert, and stays open', async () => {
    const token = await world.token({ addresses: ['198.51.100.0/24'] });
    expect(codeOf(await world.redeem(device, token, OTHER_ADDRESS))).toEqual([403, 'join-address']);
    expect(codeOf(await world.redeem(device, token, 'no address'))).toEqual([403, 'join-address']);
    expect([...world.alerts.refused.values()]).toMatchObject([{ reason: 'address', address: OTHER_ADDRESS }]);
    expect((await world.redeem(device, token, '::ffff:198.51.100.9')).status).toBe(200);
    // The same device from another network: its key proves that it is the same.
    expect((await world.redeem(device, token, OTHER_ADDRESS)).status).toBe(200);
    // Addresses are those of an open token: what became of one comes first.
    expect(codeOf(await world.redeem(thief, token, OTHER_ADDRESS))).toEqual([403, 'join-token-used']);
  });

  test('that is misused in two ways alerts operators of both', async () => {
    const token = await world.token({ addresses: ['198.51.100.0/24'] });
    for (let nth = 0; nth < 2; nth += 1) await world.redeem(thief, token, OTHER_ADDRESS);
    await world.join(device, token);
    for (let nth = 0; nth < 2; nth += 1) await world.redeem(thief, token, OTHER_ADDRESS);
    expect([...world.alerts.refused.values()].map(({ reason }) => reason)).toEqual(['address', 'used']);
  });

  test.each([
    ['of a limited token that has expired', 410, 'join-token-expired', (_: string) => later(60 * MINUTE)],
    ['of a limited token that was withdrawn', 410, 'join-token-unknown', () => world.withdraw()],
    ['of a limited token that was used', 403, 'join-token-used', (token: string) => world.join(device, token)],
  ])('from another address is told what became of the token: %s', async (_, status, code, end) => {
    const token = await world.token({ addresses: ['198.51.100.0/24'], lifetimeHours: 1 });
    await end(token);
    expect(codeOf(await world.redeem(thief, token, OTHER_ADDRESS))).toEqual([status, code]);
  });

  test.each<[string, (token: string) => unknown]>([
    ['replaced', () => later(1)],
    ['withdrawn', () => world.withdraw()],
    ['expired', () => later(60 * MINUTE)],
    ['used', (token) => world.join(device, token)],
  ])('that was %s shuts out no device with the next one, whatever is sent with it', async (_, end) => {
    const old = await world.token({ lifetimeHours: 1 });
    await end(old);
    later(1);
    const next = await world.token({ replace: true });
    const now = Date.now();
    for (let nth = 0; nth < 250; nth += 1) {
      vi.setSystemTime(now + (299 - (nth % 20)) * 1000);
      const parts = { method: 'POST', path: '/api/enrolments/redeem', body: JSON.stringify(thief.keys) };
      const authorization = await thief.sign(parts, old, new Date());
      vi.setSystemTime(now);
      await world.ask('redeem', deviceRequest({ ...parts, authorization }));
    }
    expect((await world.redeem(await signingDevice('ES256'), next)).status).toBe(200);
  });

  test('that somebody else has too shuts out no device, whatever that one sends with it', async () => {
    const token = await world.token({ addresses: ['198.51.100.0/24'] });
    for (let nth = 0; nth < 70; nth += 1) await world.redeem(thief, token, OTHER_ADDRESS);
    expect((await world.redeem(device, token)).status).toBe(200);
  });

  test('of another installation costs no read', async () => {
    const others = new EnrolmentWorld({ REPORT_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64url')}` });
    const { token } = newJoinToken(others.config.reportKeys, CLIENT, 'r'.repeat(43));
    expect(codeOf(await world.redeem(device, token))).toEqual([401, 'device-signature']);
    expect([world.engine.reads, world.engine.signals.length]).toEqual([0, 0]);
  });
});

describe('keys', () => {
  const X = 'A'.repeat(43);
  const fieldsOf = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
    (body['errors'] as { field: string; message: string }[]).map(({ field, message }) => `${field} ${message}`);

  test.each([
    [
      'private',
      () => ({ ...device.keys, signingKey: { ...device.keys.signingKey, d: 'private-part' } }),
      'signingKey.d is private',
    ],
    [
      'private, to seal',
      () => ({ ...device.keys, sealingKey: { ...device.keys.sealingKey, d: 'private-part' } }),
      'sealingKey.d is private',
    ],
    ['symmetric', () => ({ ...device.keys, signingKey: { kty: 'oct', k: 'private-part' } }), 'signingKey.k is private'],
    ['missing', () => ({ signingKey: device.keys.signingKey }), 'sealingKey is not a sealing key'],
    [
      'of another curve',
      () => ({ ...device.keys, sealingKey: { kty: 'OKP', crv: 'X448', x: X } }),
      'sealingKey.kty Invalid input: expected "EC"',
    ],
    ['with more', () => ({ ...device.keys, name: 'x' }), 'name is not a known field'],
    ['of a text', () => 'keys', 'body Invalid input: expected object, received string'],
    [
      'not the signer’s',
      () => ({ ...device.keys, signingKey: thief.keys.signingKey }),
      'signingKey is not the key that signed the request',
    ],
    [
      'to seal, of somebody who has the request and not the token',
      () => ({ ...device.keys, sealingKey: thief.keys.sealingKey }),
      'sealingKey is not the key of the proof',
    ],
    [
      'one key twice',
      () => ({ ...device.keys, sealingKey: { kty: 'OKP', crv: 'X25519', x: device.keys.signingKey.x } }),
      'sealingKey must be another key than signingKey',
    ],
    [
      'to seal, of a point of no curve',
      () => ({ ...device.keys, sealingKey: { kty: 'EC', crv: 'P-256', x: X, y: X } }),
      'sealingKey is no point of its curve',
    ],
    [
      'to seal, of a point of low order',
      () => ({ ...device.keys, sealingKey: { kty: 'OKP', crv: 'X25519', x: X } }),
      'sealingKey is no point of its curve',
    ],
  ])('that are %s are refused, and nothing is read or written', async (_, body, expected) => {
    const token = await world.token();
    const reads = world.engine.reads;
    const answer = await world.redeem(device, token, OTHER_ADDRESS, body());
    expect([answer.status, fieldsOf(answer)[0]]).toEqual([400, expected]);
    expect([world.engine.reads, redemptions()]).toEqual([reads, 0]);
    expect(JSON.stringify([answer, world.lines])).not.toContain('private-part');
  });
});

describe('a profile', () => {
  const worldWith = (onJoin: string | undefined) =>
    new EnrolmentWorld({
      PROFILES: JSON.stringify([
        {
          name: 'shops',
          connectedRegistry: CONNECTED_REGISTRY,
          repositories: ['hello-world'],
          credentialLifetimeDays: 60,
          ...(onJoin === undefined ? {} : { onJoin }),
        },
      ]),
    });
  const run = () => world.engine.instances.get(KEY);

  test('onboards a device as soon as it joins, as an event at that time', async () => {
    world = worldWith('onboard');
    await world.join(device, await world.token());
    expect(run()).toMatchObject({
      name: 'onboard',
      input: {
        actor: 'join',
        eventAt: NOW,
        request: { ...CLIENT, permissions: { 'hello-world': ['content/read'] } },
      },
    });
  });

  test('starts one run for repeated redemptions, also after it has ended', async () => {
    world = worldWith('onboard');
    const token = await world.token();
    await world.join(device, token);
    await world.join(device, token);
    const found = run();
    if (found) found.runtimeStatus = 'Completed';
    later(MINUTE);
    await world.join(device, token);
    expect([run()?.runtimeStatus, world.engine.starts]).toEqual(['Completed', 2]);
  });

  test('makes good a start that was lost: the device is not answered before, and repeats', async () => {
    world = worldWith('onboard');
    const token = await world.token();
    world.engine.onStart = () => undefined;
    expect(codeOf(await world.redeem(device, token))).toEqual([503, 'engine-slow']);
    world.engine.onStart = undefined;
    expect([(await world.redeem(device, token)).status, run()?.name]).toEqual([200, 'onboard']);
  });

  test.each([undefined, 'wait'])('that says %s waits for an operator', async (onJoin) => {
    world = worldWith(onJoin);
    expect((await world.redeem(device, await world.token())).status).toBe(200);
    expect(world.engine.starts).toBe(0);
  });

  test('of other clients starts nothing', async () => {
    world = worldWith('onboard');
    const other = { ...CLIENT, connectedRegistry: 'elsewhere' };
    const { body } = await world.issue({ connectedRegistry: 'elsewhere', client: CLIENT.client });
    const [{ joinToken } = { joinToken: '' }] = body['enrolments'] as { joinToken: string }[];
    expect((await world.redeem(device, joinToken)).status).toBe(200);
    expect(world.engine.record(clientKey(other)).joined?.thumbprint).toBe(device.thumbprint);
    expect(world.engine.starts).toBe(0);
  });
});
