import { expect } from 'vitest';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { until } from '../../shared/until.js';
import { pullManifest } from '../harness/edge.js';
import { keyOf, reportOf } from '../harness/testDevice.js';
import type { TestStack } from '../harness/testStack.js';
import { JoinedDevice, loginIn } from './joinedDevice.js';
import { devices, type Joiner } from './joiner.js';

/** A new device that has joined as this client. */
export async function joinAs(it: TestStack, joiner: Joiner, client: string): Promise<JoinedDevice> {
  const [keys] = await devices(1);
  if (!keys) throw new Error('There is a device.');
  const redeemed = await joiner.redeem(keys, await joiner.token(client));
  if (!redeemed?.joined) throw new Error(`The device has not joined: ${JSON.stringify(redeemed)}`);
  return new JoinedDevice(it, keys, redeemed.joined);
}

/** Pulls as soon as the connected registry knows the password. */
async function pull(login: ReturnType<typeof loginIn>): Promise<string> {
  const { digest } = await until(
    () => pullManifest(login, 'hello-world'),
    ({ status }) => status === 200,
    'the connected registry knows the new password',
    { pause: 200 },
  );
  return digest ?? '';
}

/** Does what an agent does for a run, from the request of a pull check to the acknowledgement of the promotion. */
export async function completeSealed(it: TestStack, operation: string, client: string, device: JoinedDevice) {
  const request = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
  const candidate = await device.secret(request.secret);
  expect(candidate).toMatchObject({ ...request.secret, tags: { client } });
  const digest = await pull(loginIn(candidate.value));
  const later = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
  const path = `/api/pull-checks/${later.operation}/${later.attempt}`;
  const report = reportOf(later, 'pulled', { digest, bytes: 1234 });
  expect(await device.send(path, keyOf(later), JSON.stringify(report))).toEqual({
    status: 401,
    code: 'report-mac-required',
  });
  expect(await device.answer(path, later, report)).toBe(202);
  const ended = await it.app.end(operation);
  expect(ended).toMatchObject({ status: 'completed', result: { pull: { digest } } });

  const promotion = credentialPromoted.parse((await device.message(CREDENTIAL_PROMOTED)).data);
  const main = await device.secret(promotion.secret);
  expect(main).toMatchObject({ ...promotion.secret, value: candidate.value });
  const { operation: promoted, secret, expiresAt = '', keyId = '', reportKey = '' } = promotion;
  const acknowledgement = { expiresAt, version: secret.version, agent: 'test/1' };
  expect(await device.answer(`/api/promotions/${promoted}`, { keyId, reportKey, expiresAt }, acknowledgement)).toBe(
    202,
  );
  return { login: loginIn(main.value), secret };
}
