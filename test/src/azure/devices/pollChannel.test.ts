import { expect, test } from 'vitest';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { OpenChannel } from '@connected-registry/protocol/messages/deviceChannel';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { createDeviceChannels } from '../../../../src/azure/devices/deviceChannels.js';
import { config, RUN } from '../../fakes/answers/requests.js';
import { FakeHints } from '../../fakes/services/hints.js';

const INSTANCE = 'myregistry-plant-7-sensor-7-0123456789abcdef';
const of = { operation: formatOperationId({ instance: INSTANCE, run: RUN }), run: RUN, client: 'sensor-7' };
const secret = { name: INSTANCE, version: 'v1' };
const key = { keyId: 'k1', reportKey: 'key', expiresAt: '2030-01-01T00:00:00Z' };

/** Sends both messages by a channel. @returns the hints, and what called a service */
async function tell(channel: OpenChannel) {
  const hints = new FakeHints();
  const called: string[] = [];
  const hub = {
    call: async (name: string) => {
      called.push(name);
      return { status: 200 };
    },
    hostOf: (name: string) => name,
  };
  const credential = { getToken: () => Promise.reject(new Error('no token is needed')) };
  const channels = createDeviceChannels(config(), credential, hub, new Turns(), hints);
  const message = { ...of, connectedRegistry: 'plant-7', secret, ...key };
  await channels.requestPullCheck('id', { ...message, attempt: 1, image: 'hello-world:latest' }, channel);
  await channels.announcePromotion('id', message, channel);
  return { hints: hints.keys, called };
}

test('a device that polls is sent nothing, and its open request is told to look', async () => {
  expect(await tell({ kind: 'poll' })).toEqual({ hints: [INSTANCE, INSTANCE], called: [] });
});

test('for a device of a hub nobody looks', async () => {
  const hub = 'plant-hub.azure-devices.net';
  expect(await tell({ kind: 'iotHub', hub })).toEqual({ hints: [], called: [hub, hub] });
});
