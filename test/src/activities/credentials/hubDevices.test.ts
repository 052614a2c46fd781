import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { signHubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import { open } from '@connected-registry/protocol/enrolment/sealing';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import { channelKeyOf } from '../../../../src/domain/enrolment/serverPasses.js';
import { signingDevice, type SigningDevice } from '../../../shared/signingDevice.js';
import { onboarding, RUN } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { client, connectedRegistry, registry } = onboarding();
const target = { hub: 'plant-hub' };

let world: World;
let device: SigningDevice;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  device = await signingDevice('ES256');
});
afterEach(() => vi.useRealTimers());

describe('keys that a device reports in its twin', () => {
  const read = () => world.activities.readHubKeys({ target, client });

  test('are read, with the time before the read', async () => {
    const place = { hub: 'plant-hub.example', device: client };
    world.hubs.reported.set(`plant-hub/${client}`, await signHubKeys(place, device.keys.sealingKey, device.signer));
    const { signingKey: signing, sealingKey: sealing } = device.keys;
    const found = { keys: { signing, sealing }, thumbprint: device.thumbprint };
    expect(await read()).toEqual({ kind: 'done', value: { readAt: '2026-03-01T12:00:00.000Z', found } });
  });

  test('may not be there yet', async () => {
    expect(await read()).toEqual({ kind: 'done', value: { readAt: '2026-03-01T12:00:00.000Z' } });
  });

  test.each(['WORDS-OF-THE-DEVICE', { words: 'WORDS-OF-THE-DEVICE' }, 7, null])(
    'fail with a code of their own if they are %o, and are not repeated',
    async (keys) => {
      world.hubs.reported.set(`plant-hub/${client}`, keys);
      const outcome = await read();
      expect(outcome).toMatchObject({ kind: 'failed', code: 'device-keys-invalid' });
      expect(JSON.stringify(outcome)).not.toContain('WORDS');
    },
  );

  test('that cannot be read now are read later, and a hub that refuses has its own code', async () => {
    world.wire.fail('reportedKeys', { when: 'before' });
    expect(await read()).toMatchObject({ kind: 'retryLater' });
    world.wire.fail('reportedKeys', { when: 'before', kind: 'notFound' });
    expect(await read()).toMatchObject({ kind: 'failed', code: 'signal-undeliverable' });
  });
});

describe('a message to a device of a hub', () => {
  const secret = { name: candidateSecretName({ registry, connectedRegistry, client }), version: 'v1' };
  const check = () => ({
    operation: `instance.${RUN}`,
    run: RUN,
    attempt: 1,
    client,
    connectedRegistry,
    secret,
    image: 'hello-world:latest',
    expiresAt: '2026-03-01T12:05:00.000Z',
    vaultHost: undefined,
    channel: {
      kind: 'hub' as const,
      target,
      registry,
      thumbprint: device.thumbprint,
      sealingKey: device.keys.sealingKey,
    },
  });
  const sent = () => {
    const [signal, ...more] = world.channel.sealed.values();
    if (!signal || more.length > 0) throw new Error('One message was sent.');
    return signal;
  };

  test('is sealed to its key, signed with its channel key, and lets it in; nothing is sent in clear', async () => {
    const outcome = await world.activities.requestPullCheck(check());
    expect(outcome.kind).toBe('done');
    expect([world.channel.pullChecks.size, world.channel.promotions.size]).toEqual([0, 0]);
    const { message, kind } = sent();
    expect(kind).toBe('pullCheckRequested');
    const jws = await open(message, device.sealing);
    const [, payload = ''] = jws.split('.');
    const { content } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      content: { admission: { pass: string; channelKey: string }; messages: [{ data: { reportKey: string } }] };
    };
    const { admission, messages } = content;
    const keys = world.config.reportKeys;
    expect(admission.channelKey).toBe(channelKeyOf(keys, admission.pass));
    const scope = { kind: 'messages', nonce: device.thumbprint } as const;
    expect(await verifyAnswer(jws, scope, admission.channelKey)).toMatchObject({
      content: { registry, connectedRegistry, client, messages: [{ type: 'ConnectedRegistry.PullCheckRequested' }] },
    });
    expect(await verifyAnswer(jws, { ...scope, nonce: 'n'.repeat(43) }, admission.channelKey)).toBeUndefined();
    const history = JSON.stringify([outcome, sent()]);
    for (const one of [admission.channelKey, messages[0].data.reportKey]) expect(history).not.toContain(one);
  });

  test('has the secret that it names, sealed and read for this message; or none, if the vault has none', async () => {
    await world.activities.requestPullCheck(check());
    expect(sent().secret).toBeUndefined();
    world.wire.fail('seal', { when: 'before' });
    const outcome = await world.activities.requestPullCheck(check());
    expect(outcome).toMatchObject({ kind: 'retryLater' });
    expect(outcome, 'the vault failed, not the channel').not.toMatchObject({
      reason: expect.stringContaining("the device's channel") as string,
    });
  });
});
