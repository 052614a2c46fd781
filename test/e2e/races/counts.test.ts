import { afterAll, beforeAll, expect, test } from 'vitest';
import { countArmRequests, forgetRequests, type ArmRequests } from '@connected-registry/local-stack/stack/armRequests';
import { startTestStack, type TestStack } from '../harness/testStack.js';

let it: TestStack;
beforeAll(async () => {
  // Refusals in a row have the flow look again at what it has done. So long a pause no sync outlasts, and none comes twice.
  it = await startTestStack({ settings: { PULL_CHECK_RETRY_SECONDS: '3' } });
});
afterAll(() => it.dispose());

/** ARM's own count of what the app did during an onboarding. */
async function countOf(client: string): Promise<ArmRequests> {
  const { endpoints, controlPlane } = it.stack;
  await forgetRequests(endpoints.azure.arm, controlPlane.https);
  const { connectedRegistry } = endpoints.edge;
  const ended = await it.app.end(await it.app.start({ connectedRegistry, client, repositories: ['hello-world'] }));
  expect(ended.status).toBe('completed');
  const counted = await countArmRequests(endpoints.azure.arm, controlPlane.https);
  console.log(`${client}: ${counted.writes} writes, ${counted.reads} reads, ${counted.kinds['poll'] ?? 0} polls`);
  return counted;
}

test('a first onboarding creates its scope map, with four writes in total', async () => {
  expect(await countOf('makes-the-map')).toMatchObject({ writes: 4 });
});

test('into a shared scope map: at most three writes and eight reads, with registry and sync scope from the cache', async () => {
  const { reads, writes } = await countOf('cached');
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(8);
});

test('into a shared scope map, with nothing cached: at most three writes and twelve reads', async () => {
  await it.crashHost();
  const { reads, writes } = await countOf('uncached');
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(12);
});
