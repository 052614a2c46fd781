import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { signHubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import { channelOfRun } from '../../../../src/orchestrations/steps/deviceChannel.js';
import { onboard } from '../../../../src/orchestrations/onboard.js';
import { signingDevice, type SigningDevice } from '../../../shared/signingDevice.js';
import { onboardingRun } from '../../fakes/answers/requests.js';
import { revokeIn } from '../../fakes/clients/clients.js';
import { createFlowWorld, type FlowWorld } from '../../fakes/worlds/flowWorld.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { rotateIn } from '../../fakes/worlds/rotateWorld.js';
import { runFlow } from '../../fakes/worlds/runFlow.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const HUB: DeviceChannelChoice = { kind: 'hub', hub: 'plant-hub' };
const { client } = onboardingRun().request;

let world: World;
let flows: FlowWorld;
let device: SigningDevice;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  flows = createFlowWorld(world);
  device = await signingDevice('ES256');
});
afterEach(() => vi.useRealTimers());

/** The device reports its keys in its twin. */
async function reports({ keys, signer }: SigningDevice): Promise<void> {
  const place = { hub: 'plant-hub.example', device: client };
  world.hubs.reported.set(`plant-hub/${client}`, await signHubKeys(place, keys.sealingKey, signer));
}

const onboardOnHub = (run: string, requestedAt = new Date().toISOString(), request = {}) =>
  runFlow({
    world: flows,
    flow: onboard,
    input: { ...onboardingRun(request), run, requestedAt, channel: HUB },
    script: { device: () => report() },
  });
const kinds = () => [...world.channel.sealed.values()].map(({ kind }) => kind);
const inClear = () => world.channel.pullChecks.size + world.channel.promotions.size;
/** How often the app has read a twin. */
function readsOfTwin(): () => number {
  let reads = 0;
  world.wire.observer = (method) => void (method === 'reportedKeys' && (reads += 1));
  return () => reads;
}
const minutesLater = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);

describe('a client whose hub vouches for its device', () => {
  test('is onboarded and rotated with sealed messages only, and one read of the twin for each run', async () => {
    await reports(device);
    const reads = readsOfTwin();
    expect((await onboardOnHub('first')).outcome.status).toBe('completed');
    expect([kinds(), inClear(), reads()]).toEqual([['pullCheckRequested', 'credentialPromoted'], 0, 1]);
    expect(flows.record.joined).toMatchObject({ thumbprint: device.thumbprint, hub: { hub: 'plant-hub' } });
    expect(flows.record.joined?.lastContactAt).toBeDefined();
    for (const { secret } of world.channel.sealed.values()) expect(secret).toMatch(/^[\w-]+(\.[\w-]+){4}$/);

    minutesLater(60);
    const rotated = await rotateIn(world, { records: flows.records, input: { channel: HUB } });
    expect([rotated.outcome.status, inClear(), reads()]).toEqual(['completed', 0, 2]);
  });

  test('is sent nothing in clear although its profile says so by now', async () => {
    await reports(device);
    await onboardOnHub('first');
    minutesLater(60);
    const input = { channel: { kind: 'eventGrid' } as const };
    const rotated = await rotateIn(world, { records: flows.records, input });
    expect([rotated.outcome.status, inClear()]).toEqual(['completed', 0]);
    const hub = { hub: 'plant-hub' };
    expect(channelOfRun({ channel: { kind: 'iotHub', hub: 'other-hub' } }, { asks: false, hub })).toEqual({
      kind: 'hub',
      hub: 'other-hub',
    });
    expect(channelOfRun({ channel: { kind: 'poll' } }, { asks: false, hub })).toEqual({
      kind: 'hub',
      hub: 'plant-hub',
    });
  });

  test('is waited for until it reports its keys', async () => {
    const ended = await runFlow({
      world: flows,
      flow: onboard,
      input: {
        ...onboardingRun(),
        run: 'first',
        channel: HUB,
        limits: { ...onboardingRun().limits, pullCheckDeadlineSeconds: 60 },
      },
      script: { device: () => report() },
    });
    expect(ended.outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'signal-undeliverable' } });
    expect(JSON.stringify(ended.outcome)).toContain('has not reported keys in its twin');
    expect([world.channel.sealed.size, inClear()]).toEqual([0, 0]);
  });

  test('that reports what nobody can use is rolled back before anything is made', async () => {
    world.hubs.reported.set(`plant-hub/${client}`, 'WORDS');
    const { outcome } = await onboardOnHub('first');
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'device-keys-invalid', residue: [] } });
    expect(JSON.stringify(outcome)).not.toContain('WORDS');
    expect(flows.record.held ?? []).toEqual([]);
  });

  test('that was rebuilt gets the credential that is there by another onboarding, and no other one', async () => {
    await reports(device);
    await onboardOnHub('first');
    minutesLater(60);
    world.channel.sealed.clear();
    expect((await onboardOnHub('again')).outcome).toMatchObject({ status: 'completed', result: { changed: false } });
    expect(world.channel.sealed.size).toBe(0);

    const rebuilt = await signingDevice('EdDSA');
    await reports(rebuilt);
    minutesLater(60);
    const { outcome } = await onboardOnHub('rebuilt');
    expect(outcome).toMatchObject({ status: 'completed', result: { changed: false } });
    expect(kinds()).toEqual(['pullCheckRequested', 'credentialPromoted']);
    expect(flows.record).toMatchObject({
      joined: { thumbprint: rebuilt.thumbprint },
      replacedKeys: [device.thumbprint],
    });

    await reports(device);
    minutesLater(60);
    const old = await onboardOnHub('old', undefined, { recheck: true });
    expect(old.outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'device-key-ended' } });
    expect(flows.record.joined?.thumbprint).toBe(rebuilt.thumbprint);
  });

  test('that was rebuilt gets the credential also if the first onboarding after that did not reach it', async () => {
    await reports(device);
    await onboardOnHub('first');
    await reports(await signingDevice('EdDSA'));
    minutesLater(60);
    const input = { ...onboardingRun(), run: 'silent', requestedAt: new Date().toISOString(), channel: HUB };
    const limits = { ...input.limits, pullCheckDeadlineSeconds: 60 };
    const silent = await runFlow({ world: flows, flow: onboard, input: { ...input, limits } });
    expect(silent.outcome.status).toBe('rolledBack');
    minutesLater(60);
    world.channel.sealed.clear();
    expect((await onboardOnHub('again')).outcome.status).toBe('completed');
    expect(kinds()).toEqual(['pullCheckRequested', 'credentialPromoted']);
    minutesLater(60);
    world.channel.sealed.clear();
    expect((await onboardOnHub('last')).outcome).toMatchObject({ result: { changed: false } });
    expect(kinds()).toEqual([]);
  });

  test('is sent nothing more in a run once another device has joined by a token', async () => {
    await reports(device);
    const by = { operation: 'x', actor: 'x' };
    const other = await signingDevice('EdDSA');
    const hash = 'a-hash';
    const { outcome } = await runFlow({
      world: flows,
      flow: onboard,
      input: { ...onboardingRun(), run: 'first', requestedAt: new Date().toISOString(), channel: HUB },
      script: {
        device: () => report(),
        before: async (name) => {
          if (name !== 'issueCredentials') return;
          const [at, expiresAt] = [new Date().toISOString(), new Date(Date.now() + 3_600_000).toISOString()];
          await flows.ask('enrol', { enrolment: { hash, issuedAt: at, expiresAt }, by });
          const keys = { signing: other.keys.signingKey, sealing: other.keys.sealingKey };
          await flows.ask('redeem', { redemption: { hash, keys, thumbprint: other.thumbprint, at }, by });
        },
      },
    });
    expect([outcome.status, world.channel.sealed.size]).toEqual(['completed', 0]);
    expect(flows.record.joined?.thumbprint).toBe(other.thumbprint);
  });

  test('is not polled for by an identity that an event names, also if that was its last poller', async () => {
    const poller = '11111111-1111-1111-1111-111111111111';
    expect((await onboardOnHub('first', undefined, { poller })).outcome.status).toBe('completed');
    minutesLater(60);
    await revokeIn(flows);
    await reports(device);
    minutesLater(60);
    expect((await onboardOnHub('sealed')).outcome.status).toBe('completed');
    expect(flows.record).toMatchObject({ joined: { hub: { hub: 'plant-hub' } } });
    expect(flows.record.polling).toEqual({ decidedAt: expect.any(String) as unknown });

    // As a record of before has it, whose keys came after the poller.
    const { polling } = flows.record;
    if (polling) flows.records.state = { ...flows.record, polling: { ...polling, last: poller } };
    minutesLater(60);
    const input = {
      ...onboardingRun({ poller }),
      run: 'by-event',
      requestedAt: new Date().toISOString(),
      channel: HUB,
    };
    const request = { ...input.request, pollerByEvent: true };
    const { outcome } = await runFlow({ world: flows, flow: onboard, input: { ...input, request } });
    expect(outcome.failure?.problems?.map(({ code }) => code)).toEqual(['poller-not-by-event']);
    expect(flows.record.polling?.current).toBeUndefined();
  });

  test('loses its key by a revocation, and has it again by an onboarding that is requested later', async () => {
    await reports(device);
    await onboardOnHub('first');
    minutesLater(60);
    const before = new Date().toISOString();
    minutesLater(1);
    expect((await revokeIn(flows)).outcome.status).toBe('completed');
    expect(flows.record.joined).toBeUndefined();
    minutesLater(60);
    expect((await onboardOnHub('early', before)).outcome).toMatchObject({ failure: { code: 'revoked' } });
    expect(flows.record.joined).toBeUndefined();
    expect((await onboardOnHub('later')).outcome.status).toBe('completed');
    expect(flows.record.joined?.thumbprint).toBe(device.thumbprint);
  });
});

test('a client without a hub is onboarded without a read of a twin', async () => {
  const reads = readsOfTwin();
  expect((await onboardIn(world, { flows })).outcome.status).toBe('completed');
  expect(reads()).toBe(0);
});
