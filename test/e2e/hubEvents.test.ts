import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './harness/testStack.js';

const HUB = 'onboarding-local-hub';
const DEVICE = 'new-device';
const PATIENCE = { timeout: 60_000, interval: 300 };

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack({
    device: { channel: { kind: 'poll' } },
    settings: ({ identities }) => ({
      PROFILES: JSON.stringify([
        {
          name: 'new-devices',
          match: { hub: HUB, device: 'new-*' },
          connectedRegistry: 'myconnectedregistry',
          repositories: ['hello-world'],
          channel: 'poll',
          pollers: { [identities.device.objectId]: DEVICE },
        },
      ]),
    }),
  });
});
afterAll(() => it.dispose());

test('a device created in the hub is onboarded and polls its messages, and is offboarded when it is deleted', async () => {
  const { operator } = it.stack.controlPlane;
  const main = it.secretOf(DEVICE);
  await operator.hubKey(DEVICE);
  await operator.hubKey('another-device');
  await expect.poll(() => it.operator.secretNames(), PATIENCE).toContain(main);
  const { bound } = await it.operator.everything();
  expect(bound).toHaveLength(1);

  await operator.deleteDevice(DEVICE);
  await expect.poll(() => it.operator.everything(), PATIENCE).toMatchObject({ bound: [], secrets: [] });
});
