import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { boundTogether, PATIENT_BINDING } from '../harness/holds.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/** Clients of one connected registry that are onboarded at once. */
const FIFTY = 50;

let it: TestStack;
beforeAll(async () => {
  // Refusals in a row have the flow look again at what it has done. So long a pause no sync outlasts, and none comes
  // twice.
  it = await startTestStack({
    settings: { PULL_CHECK_RETRY_SECONDS: '3', CLIENTS_PER_CONNECTED_REGISTRY: '200', ...PATIENT_BINDING },
  });
  await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { clientsPerConnectedRegistry: 200, throttling: 0 },
  });
});
afterAll(() => it.dispose());

const counts = z.record(z.string(), z.number()).default({});
const report = z.object({
  principals: z.object({
    app: z.object({
      arm: z.object({
        kinds: counts,
        outcomes: z.object({ write: z.object({ failed: z.number().default(0) }) }),
        operations: counts,
      }),
      vault: z.object({ operations: counts, total: z.number() }),
    }),
  }),
});

/**
 * Everything that ARM and the vault got from the app, polls and refused requests included; but not what the hold of the
 * binding added.
 */
interface Counted {
  readonly reads: number;
  readonly writes: number;
  /** Calls of the vault about one secret. */
  readonly vault: number;
  /** Pages of the vault's listing, which requests of one minute share. */
  readonly pages: number;
}

/** The services' own count of what the app did during onboardings. */
async function countOf(clients: readonly string[]): Promise<Counted> {
  const { endpoints, controlPlane } = it.stack;
  await forgetRequests(endpoints.azure.arm, controlPlane.https);
  const { connectedRegistry } = endpoints.edge;
  const start = (client: string) => it.app.start({ connectedRegistry, client, repositories: ['hello-world'] });
  const started = await boundTogether(it, () => Promise.all(clients.map(start)));
  for (const id of started) expect(await it.app.end(id)).toMatchObject({ id, status: 'completed' });
  const { arm, vault } = report.parse((await controlPlane.https(`${endpoints.azure.arm}/_control/requests`)).body)
    .principals.app;
  const { read = 0, poll = 0, write = 0, action = 0, delete: deletes = 0 } = arm.kinds;
  const pages = vault.operations['vault/listSecrets'] ?? 0;
  // Nothing else fails: each of these is a refused write of the client list, after a read of it.
  const held = arm.outcomes.write.failed;
  const counted = {
    reads: read + poll - held,
    writes: write + action + deletes - held,
    vault: vault.total - pages,
    pages,
  };
  console.log(`${clients.length} of ${clients[0]}: ${JSON.stringify({ ...counted, operations: arm.operations })}`);
  return counted;
}

test('a first onboarding creates its scope map, with four writes in total', async () => {
  expect(await countOf(['makes-the-map'])).toMatchObject({ writes: 4 });
});

test('into a shared scope map: at most three writes and nine reads, everything counted', async () => {
  const { reads, writes } = await countOf(['cached']);
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(9);
});

test('into a shared scope map, with nothing cached: at most three writes and nine reads', async () => {
  await it.crashHost();
  const { reads, writes } = await countOf(['uncached']);
  expect(writes).toBeLessThanOrEqual(3);
  expect(reads).toBeLessThanOrEqual(9);
});

test('fifty at once: at most 3.0 reads and 2.06 writes of ARM and five calls of the vault a client', async () => {
  const { reads, writes, vault, pages } = await countOf(Array.from({ length: FIFTY }, (_, n) => `fifty-${n}`));
  expect(writes / FIFTY).toBeLessThanOrEqual(2.06);
  expect(reads / FIFTY).toBeLessThanOrEqual(3);
  expect(vault / FIFTY).toBeLessThanOrEqual(5);
  expect(pages / FIFTY).toBeLessThanOrEqual(0.2);
}, 300_000);
