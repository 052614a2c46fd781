import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestStack, type TestStack } from '../harness/testStack.js';

let it: TestStack;
beforeAll(async () => (it = await startTestStack()));
afterAll(() => it.dispose());

const service = z.object({ kinds: z.record(z.string(), z.number()), operations: z.record(z.string(), z.number()) });
const report = z.object({ principals: z.object({ app: z.object({ arm: service }) }) });

/** ARM's own count of what the app did during an onboarding. Polls, and the read that ends each, are counted apart. */
async function countOf(client: string): Promise<{ reads: number; writes: number; polls: number }> {
  const { endpoints, controlPlane } = it.stack;
  const requests = `${endpoints.azure.arm}/_control/requests`;
  await controlPlane.https(requests, { method: 'DELETE' });
  const { connectedRegistry } = endpoints.edge;
  const ended = await it.app.end(await it.app.start({ connectedRegistry, client, repositories: ['hello-world'] }));
  expect(ended.status).toBe('completed');
  const { kinds } = report.parse((await controlPlane.https(requests)).body).principals.app.arm;
  const { read = 0, write = 0, action = 0, poll = 0 } = kinds;
  const operations = poll > 0 ? 1 : 0;
  return { reads: read - operations, writes: write + action + (kinds['delete'] ?? 0), polls: poll };
}

test('a first onboarding makes its scope map, four writes in all', async () => {
  expect(await countOf('makes-the-map')).toMatchObject({ writes: 4 });
});

test('into a shared scope map: at most three writes and eight reads, with registry and sync scope from the cache', async () => {
  const { reads, writes, polls } = await countOf('cached');
  console.log(`cached: ${writes} writes, ${reads} reads, ${polls} polls`);
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(8);
});

test('into a shared scope map, with nothing cached: at most three writes and twelve reads', async () => {
  await it.crashHost();
  const { reads, writes, polls } = await countOf('uncached');
  console.log(`nothing cached: ${writes} writes, ${reads} reads, ${polls} polls`);
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(12);
});
