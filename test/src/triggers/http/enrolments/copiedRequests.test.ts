import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEY_PROOF_HEADER } from '@connected-registry/protocol/enrolment/messages';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { channelKeyOf } from '../../../../../src/domain/enrolment/serverPasses.js';
import { openedAnswer, openedJoin } from '../../../../shared/openedAnswers.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { deviceRequest } from '../../../fakes/devices/deviceRequest.js';
import { EnrolmentWorld } from '../../../fakes/enrolment/enrolmentWorld.js';

/*
 * Each instance remembers the requests that it has seen itself. Another one, or the same after a restart, answers a
 * copy.
 */

const NOW = '2026-03-01T12:00:00.000Z';
let device: SigningDevice;
let next: SigningDevice;
let thief: SigningDevice;
beforeAll(async () => {
  [device, next, thief] = await Promise.all([signingDevice('EdDSA'), signingDevice('ES256'), signingDevice('ES256')]);
});
let world: EnrolmentWorld;
let token: string;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date(NOW) });
  world = new EnrolmentWorld();
  token = await world.token();
});
afterEach(() => vi.useRealTimers());

const signals = (operation: string) => world.engine.signals.filter((one) => one.operation === operation).length;

/** Sends a request, and copies of it to the same instance, to another one, and to a third one when it is too old. */
async function copied(route: 'redeem' | 'renew', parts: Parameters<typeof deviceRequest>[0], proof?: string) {
  const send = () => {
    const request = deviceRequest(parts);
    if (proof !== undefined) request.headers.set(KEY_PROOF_HEADER, proof);
    return world.ask(route, request);
  };
  const first = await send();
  const here = await send();
  world.restart();
  const there = await send();
  vi.setSystemTime(Date.parse(NOW) + (CLOCK_WINDOW + 1) * 1000);
  world.restart();
  return { first, here, there, late: await send() };
}

describe('a copy of a request to another instance of the app', () => {
  test('that joins changes nothing, and is answered what only the holder of the token can read', async () => {
    const parts = { method: 'POST', path: '/api/enrolments/redeem', body: JSON.stringify(device.keys) };
    const authorization = await device.sign(parts, token, new Date());
    const { first, here, there, late } = await copied('redeem', { ...parts, authorization });
    expect([here.status, here.body['code']]).toEqual([401, 'device-request-replayed']);
    expect([there.status, Object.keys(there.body)]).toEqual([200, ['sealed']]);
    expect(await openedJoin(there.body, authorization, token)).toEqual(
      await openedJoin(first.body, authorization, token),
    );
    const other = await world.token({ replace: true });
    await expect(openedJoin(there.body, authorization, other)).rejects.toThrow();
    expect([late.status, late.body['code']]).toEqual([401, 'device-signature']);
    expect([signals('redeem'), world.engine.record().joined?.thumbprint]).toEqual([1, device.thumbprint]);
  });

  test('that renews keys changes nothing, and is answered what only the device can read', async () => {
    await world.join(device, token);
    const pass = world.passOf(device);
    const parts = { method: 'POST', path: '/api/devices/keys', body: JSON.stringify(next.keys) };
    const authorization = await device.sign(parts, pass, new Date());
    const proof = await next.sign(parts, pass, new Date());
    const { first, here, there, late } = await copied('renew', { ...parts, authorization }, proof);
    expect([here.status, here.body['code']]).toEqual([401, 'device-request-replayed']);
    expect([there.status, Object.keys(there.body)]).toEqual([200, ['sealed']]);
    const channelKey = channelKeyOf(world.config.reportKeys, pass);
    const opened = (body: unknown, by: SigningDevice) =>
      openedAnswer(body, 'keys', authorization, { device: by, channelKey });
    expect(await opened(there.body, next)).toEqual(await opened(first.body, next));
    await expect(opened(there.body, thief)).rejects.toThrow();
    expect([late.status, late.body['code']]).toEqual([401, 'device-signature']);
    expect(world.engine.record().joined?.thumbprint).toBe(next.thumbprint);
    expect(world.engine.signals.filter(({ operation }) => /renew/i.test(operation))).toHaveLength(1);
  });
});
