import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import { channelOfRun } from '../../../../src/orchestrations/steps/deviceChannel.js';
import { createFlowWorld } from '../../fakes/worlds/flowWorld.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { rotateIn } from '../../fakes/worlds/rotateWorld.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';
import { signingDevice } from '../../../shared/signingDevice.js';

const HUB: DeviceChannelChoice = { kind: 'iotHub', hub: 'plant-hub' };
const AT = '2026-03-01T11:00:00.000Z';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
});
afterEach(() => vi.useRealTimers());

/** The kinds of the channels by which a run's messages were sent, by the port's method. */
function channelsOf({ wire }: World) {
  const seen = new Map<string, Set<string>>();
  wire.observer = (method, args) => {
    if (method !== 'requestPullCheck' && method !== 'announcePromotion') return;
    const { kind } = args.at(-1) as DeviceChannelChoice;
    seen.set(method, (seen.get(method) ?? new Set()).add(kind));
  };
  return () => Object.fromEntries([...seen].map(([method, kinds]) => [method, [...kinds]]));
}

async function joined() {
  const { keys, thumbprint } = await signingDevice('ES256');
  return {
    keys: { signing: keys.signingKey, sealing: keys.sealingKey },
    thumbprint,
    token: 'a-hash',
    joinedAt: AT,
    keysSince: AT,
  };
}

test('is that of the profile, or Event Grid, unless the device has joined', () => {
  expect(channelOfRun({}, { asks: false })).toEqual({ kind: 'eventGrid' });
  expect(channelOfRun({ channel: HUB }, { asks: false })).toEqual(HUB);
  expect(channelOfRun({}, { asks: true })).toEqual({ kind: 'poll' });
  expect(channelOfRun({ channel: HUB }, { asks: true })).toEqual({ kind: 'poll' });
});

describe('a client whose device has joined', () => {
  test('is onboarded and rotated without a message by Event Grid or IoT Hub', async () => {
    const world = createWorld();
    const flows = createFlowWorld(world);
    flows.records.state = { joined: await joined() };
    const onboarding = channelsOf(world);
    expect((await onboardIn(world, { flows })).outcome.status).toBe('completed');
    expect(onboarding()).toEqual({ requestPullCheck: ['poll'], announcePromotion: ['poll'] });

    const rotating = channelsOf(world);
    const rotated = await rotateIn(world, { records: flows.records, input: { channel: HUB } });
    expect(rotated.outcome.status).toBe('completed');
    expect(rotating()).toEqual({ requestPullCheck: ['poll'], announcePromotion: ['poll'] });
  });

  test('is as others until it has', async () => {
    const world = createWorld();
    const flows = createFlowWorld(world);
    flows.records.state = {
      enrolment: { hash: 'a-hash', issuedAt: AT, expiresAt: '2026-03-02T11:00:00.000Z' },
    };
    const channels = channelsOf(world);
    expect((await onboardIn(world, { flows })).outcome.status).toBe('completed');
    expect(channels()).toEqual({ requestPullCheck: ['eventGrid'], announcePromotion: ['eventGrid'] });
  });
});
