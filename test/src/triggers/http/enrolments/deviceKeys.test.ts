import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { channelKeyOf } from '../../../../../src/domain/enrolment/serverPasses.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { CLIENT, EnrolmentWorld } from '../../../fakes/enrolment/enrolmentWorld.js';

const NOW = '2026-03-01T12:00:00.000Z';
const DAY = 86_400_000;

let device: SigningDevice;
let next: SigningDevice;
let third: SigningDevice;
beforeAll(async () => {
  [device, next, third] = await Promise.all([signingDevice('ES256'), signingDevice('EdDSA'), signingDevice('ES256')]);
});
let world: EnrolmentWorld;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date(NOW) });
  world = new EnrolmentWorld();
  await world.join(device, await world.token());
  vi.setSystemTime(Date.parse(NOW) + DAY);
});
afterEach(() => vi.useRealTimers());

const current = () => world.engine.record().joined;
const renewals = () => world.engine.signals.filter(({ operation }) => operation === 'renewKeys').length;
const codeOf = ({ status, body }: { status: number | undefined; body: Readonly<Record<string, unknown>> }) => [
  status,
  body['code'],
];

describe('a renewal of keys', () => {
  test('replaces both keys, and is answered the same again without a write', async () => {
    const first = await world.renew(device, next);
    expect([first.status, first.headers, first.body]).toEqual([
      200,
      { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      {
        ...CLIENT,
        thumbprint: next.thumbprint,
        pass: world.passOf(next),
        channelKey: channelKeyOf(world.config.reportKeys, world.passOf(next)),
      },
    ]);
    expect(current()).toMatchObject({
      keys: { signing: next.keys.signingKey, sealing: next.keys.sealingKey },
      joinedAt: NOW,
      keysSince: '2026-03-02T12:00:00.000Z',
      renewedFrom: device.thumbprint,
    });
    expect(await world.renew(device, next)).toEqual(first);
    expect(renewals()).toBe(1);
  });

  test('ends the key before: it renews to no other, and the new one does', async () => {
    await world.renew(device, next);
    expect(codeOf(await world.renew(device, third))).toEqual([403, 'device-key-ended']);
    expect((await world.renew(next, third)).status).toBe(200);
    expect(codeOf(await world.renew(device, next))).toEqual([403, 'device-key-ended']);
  });

  test('is answered by a host whose clock is behind that of the last one', async () => {
    await world.renew(device, next);
    vi.setSystemTime(Date.now() - 120_000);
    expect((await world.renew(next, third)).status).toBe(200);
    expect(current()).toMatchObject({ thumbprint: third.thumbprint, keysSince: '2026-03-02T12:00:00.001Z' });
  });

  test('of a revoked client is refused', async () => {
    await world.engine.request('revoke', { at: NOW, until: NOW });
    expect(codeOf(await world.renew(device, next))).toEqual([403, 'device-key-ended']);
    expect(renewals()).toBe(0);
  });

  test('to two keys at the same time lets one in', async () => {
    Object.assign(world.engine, { fate: 'held', heldUntil: 2 });
    const answers = await Promise.all([world.renew(device, next), world.renew(device, third)]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toHaveLength(2);
    expect(statuses).toEqual(expect.arrayContaining([200, 403]));
  });

  test('that the engine is slow to record is repeated', async () => {
    world.engine.fate = 'held';
    const slow = await world.renew(device, next);
    expect([codeOf(slow), slow.headers?.['retry-after']]).toEqual([[503, 'engine-slow'], '5']);
    await world.engine.deliver();
    expect((await world.renew(device, next)).status).toBe(200);
  });
});

describe('a new key', () => {
  const LINE = { method: 'POST', path: '/api/devices/keys' };
  const body = () => JSON.stringify(next.keys);
  const now = () => new Date();

  test.each([
    ['no proof', () => Promise.resolve('')],
    ['a text', () => Promise.resolve('Device a.b.c')],
    ['a proof by the old key', () => device.sign({ ...LINE, body: body() }, world.passOf(device), now())],
    ['a proof by a third key', () => third.sign({ ...LINE, body: body() }, world.passOf(device), now())],
    ['a proof for another body', () => next.sign({ ...LINE, body: '{}' }, world.passOf(device), now())],
    ['a proof with another pass', () => next.sign({ ...LINE, body: body() }, world.passOf(next), now())],
    [
      'a proof for another path',
      () => next.sign({ ...LINE, path: '/api/x', body: body() }, world.passOf(device), now()),
    ],
    ['an old proof', () => next.sign({ ...LINE, body: body() }, world.passOf(device), new Date(NOW))],
  ])('with %s is not accepted', async (_, proof) => {
    const answer = await world.renew(device, next, { proof: await proof() });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field: 'device-key-proof' }]);
    expect(renewals()).toBe(0);
  });

  test('that is the current one, or private, is not accepted', async () => {
    const same = await world.renew(device, device);
    expect(same.body['errors']).toMatchObject([{ field: 'signingKey', message: 'is the current key' }]);
    const leaked = { ...next.keys, signingKey: { ...next.keys.signingKey, d: 'private-part' } };
    const answer = await world.renew(device, next, { body: leaked });
    expect(answer.body['errors']).toMatchObject([{ field: 'signingKey.d', message: 'is private' }]);
    expect(current()?.thumbprint).toBe(device.thumbprint);
  });

  test('is accepted with the pass of its device only', async () => {
    expect(codeOf(await world.renew(device, next, { pass: world.passOf(third) }))).toEqual([401, 'device-signature']);
  });
});
