import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_CHANNEL } from '@connected-registry/protocol/messages/deviceChannel';
import { verifyAcknowledgementKey, verifyReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { onboarding, RUN } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { client, connectedRegistry } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('messages to the device', () => {
  const check = {
    operation: `instance.${RUN}`,
    run: RUN,
    attempt: 2,
    client,
    connectedRegistry,
    secret: { name: 'a-secret', version: 'v1' },
    image: 'hello-world:latest',
    expiresAt: '2026-03-01T12:05:00.000Z',
    channel: DEFAULT_CHANNEL,
    vaultHost: undefined,
  };

  test('request a pull check once, however often they are sent, with a key valid only for that attempt', async () => {
    const outcome = await world.activities.requestPullCheck(check);
    await world.activities.requestPullCheck(check);
    expect(world.channel.pullChecks.size).toBe(1);
    const [message] = world.channel.pullChecks.values();
    const keys = world.config.reportKeys;
    const { keyId = '', reportKey = '' } = message ?? {};
    expect(verifyReportKey(keys, keyId, reportKey, check)).toBe(true);
    expect(verifyReportKey(keys, keyId, reportKey, { ...check, attempt: 1 })).toBe(false);
    // The outcome reaches the durable history, the key must not.
    expect(JSON.stringify(outcome)).not.toContain(reportKey);
  });

  test('request another pull check for another attempt', async () => {
    await world.activities.requestPullCheck(check);
    await world.activities.requestPullCheck({ ...check, attempt: 3 });
    expect(world.channel.pullChecks.size).toBe(2);
  });

  test('announce a promotion once, however often they are sent', async () => {
    const { operation, run, secret, expiresAt } = check;
    const keys = world.config.reportKeys;
    const message = { operation, run, client, connectedRegistry, secret, expiresAt };
    const outcome = await world.activities.announcePromotion({
      ...message,
      channel: DEFAULT_CHANNEL,
      vaultHost: undefined,
    });
    await world.activities.announcePromotion({ ...message, channel: DEFAULT_CHANNEL, vaultHost: undefined });
    const [sent, ...more] = world.channel.promotions.values();
    expect([sent, more]).toMatchObject([message, []]);
    const { keyId = '', reportKey = '' } = sent ?? {};
    expect(verifyAcknowledgementKey(keys, keyId, reportKey, { operation, expiresAt })).toBe(true);
    expect(verifyAcknowledgementKey(keys, keyId, reportKey, { operation: 'another.run', expiresAt })).toBe(false);
    expect(verifyReportKey(keys, keyId, reportKey, { operation, expiresAt, attempt: 1 })).toBe(false);
    // The outcome reaches the durable history, the key must not.
    expect(JSON.stringify(outcome)).not.toContain(reportKey);
  });

  test('that cannot be sent are retried later', async () => {
    world.wire.fail('requestPullCheck', { when: 'before' });
    expect(await world.activities.requestPullCheck(check)).toMatchObject({
      kind: 'retryLater',
      reason: expect.stringMatching(/^cannot reach the device's channel: /) as string,
    });
  });

  test('that the channel permanently refuses fail with their own code, since the device was never asked', async () => {
    world.wire.fail('requestPullCheck', { when: 'before', kind: 'forbidden' });
    expect(await world.activities.requestPullCheck(check)).toMatchObject({
      kind: 'failed',
      code: 'signal-undeliverable',
    });
  });
});
