import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { registryId } from '@connected-registry/local-stack/stack/world';
import { until } from '../../shared/until.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

const NAME = 'plantnew';
const CONTAINER_REGISTRY = '2025-11-01';
const CLIENTS = Array.from({ length: 30 }, (_, nth) => `press-${nth}`);
const SYNC = ['content/read', 'metadata/read'].map((action) => `repositories/hello-world/${action}`);
const GATEWAY = ['config/read', 'config/write', 'message/read', 'message/write'];
const PATIENCE = { timeout: 120_000, interval: 500 };

const operations = z.object({
  operations: z.array(z.object({ id: z.string(), client: z.string(), kind: z.string(), status: z.string() })),
});

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack({
    device: false,
    settings: {
      PROFILES: JSON.stringify([
        {
          name: 'new-plants',
          match: { connectedRegistry: 'plant*' },
          repositories: ['hello-world'],
          clients: CLIENTS,
        },
      ]),
    },
  });
});
afterAll(() => it.dispose());

/** Creates a connected registry as the CLI does. It is not active, since it has not synced. */
async function create(): Promise<void> {
  const { operator, world } = it.stack.controlPlane;
  const registry = registryId(world);
  const put = (path: string, properties: unknown) =>
    operator.arm('PUT', `${registry}/${path}`, CONTAINER_REGISTRY, { properties });
  await put(`scopeMaps/${NAME}`, { actions: [...SYNC, ...GATEWAY.map((action) => `gateway/${NAME}/${action}`)] });
  await put(`tokens/${NAME}`, { scopeMapId: `${registry}/scopeMaps/${NAME}`, status: 'enabled' });
  const syncProperties = { tokenId: `${registry}/tokens/${NAME}`, messageTtl: 'P2D', schedule: '* * * * *' };
  await put(`connectedRegistries/${NAME}`, { mode: 'ReadOnly', parent: { syncProperties } });
}

async function started() {
  const answer = await it.app.get(`operations?connectedRegistry=${NAME}&registry=myregistry&top=100`);
  return operations.parse(answer.body).operations;
}

test('a new connected registry gets each client of its profile once, even if the host dies amid it, and no rollout', async () => {
  await create();
  await until(started, ({ length }) => length > 0, 'a first client is being onboarded', { pause: 20 });
  await it.crashHost();
  await expect.poll(async () => new Set((await started()).map(({ client }) => client)).size, PATIENCE).toBe(30);
  // Nothing tells that no second run of a client follows.
  await sleep(3000);

  const found = await started();
  expect(found.map(({ client }) => client).toSorted()).toEqual(CLIENTS.toSorted());
  expect(new Set(found.map(({ kind, status }) => `${kind} ${status}`))).toEqual(new Set(['onboard running']));
  expect((await it.app.get('rollouts')).body).toEqual({ rollouts: [] });
});
