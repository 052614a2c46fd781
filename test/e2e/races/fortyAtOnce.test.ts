import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../../shared/until.js';
import { Foreigners } from '../faults/foreigners.js';
import { readState } from '../faults/simulatorState.js';
import { pullManifest } from '../harness/edge.js';
import { boundTogether, PATIENT_BINDING, whileNothingSyncs } from '../harness/holds.js';
import { UNTHROTTLED } from '@connected-registry/local-stack/stack/unthrottled';
import { ofRing } from '../harness/ring.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

const FORTY = 40;
/** Onboardings while somebody else overwrites the list. */
const OVERWRITTEN = ofRing({ default: 12, long: FORTY });

let it: TestStack;
let foreigners: Foreigners;
beforeAll(async () => {
  it = await startTestStack({
    settings: { ...UNTHROTTLED, CLIENTS_PER_CONNECTED_REGISTRY: '200', ...PATIENT_BINDING },
  });
  await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { clientsPerConnectedRegistry: 200, throttling: 0 },
  });
  foreigners = await Foreigners.create(it);
});
afterAll(() => it.dispose());

async function startMany(name: string, count: number): Promise<string[]> {
  const { connectedRegistry } = it.stack.endpoints.edge;
  return Promise.all(
    Array.from({ length: count }, (_, n) =>
      it.app.start({ connectedRegistry, client: `${name}-${n}`, repositories: ['hello-world'] }),
    ),
  );
}

/** Waits for all, seldom looking. @returns their tokens. */
async function tokensOf(ids: readonly string[]): Promise<string[]> {
  const tokens: string[] = [];
  for (const id of ids) {
    const ended = await it.app.end(id);
    expect(ended).toMatchObject({ id, status: 'completed' });
    tokens.push(ended.result?.token ?? '');
  }
  return tokens;
}

async function expectBoundOnce(tokens: readonly string[]): Promise<void> {
  const { bound } = await readState(it);
  expect(tokens.filter((token) => bound.filter((name) => name === token).length !== 1)).toEqual([]);
}

const counted = z.object({
  principals: z.object({
    app: z.object({
      arm: z.object({
        operations: z.record(z.string(), z.number()),
        outcomes: z.object({ write: z.object({ failed: z.number().default(0) }) }),
      }),
    }),
  }),
});

test('forty concurrent onboardings that wait to be bound share one write of the client list, which keeps a binding of others', async () => {
  const { endpoints, controlPlane } = it.stack;
  const requests = `${endpoints.azure.arm}/_control/requests`;
  await controlPlane.https(requests, { method: 'DELETE' });
  const ids = await boundTogether(it, () => startMany('forty', FORTY));
  const tokens = await tokensOf(ids);
  const { operations, outcomes } = counted.parse((await controlPlane.https(requests)).body).principals.app.arm;
  const patches = operations['Microsoft.ContainerRegistry/registries/connectedRegistries/write'] ?? 0;
  expect(new Set(tokens).size).toBe(FORTY);
  await expectBoundOnce(tokens);
  // The refused writes are the only ones that failed. How announcements bring runs together is binder.test.ts's
  // question.
  expect(outcomes.write.failed).toBeGreaterThan(0);
  expect(patches - outcomes.write.failed).toBe(1);
  const passwords = operations['Microsoft.ContainerRegistry/registries/generateCredentials/action'];
  expect(passwords).toBe(FORTY);
  const [first = ''] = tokens;
  const secret = (await it.operator.secretNames()).find((name) => name.includes('-forty-0-')) ?? '';
  const login = await it.operator.login(secret);
  expect(login.user).toBe(first);
  expect(await pullManifest(login, 'hello-world')).toMatchObject({ status: 200 });
  expect(await foreigners.touched()).toEqual([]);
}, 900_000);

test(`${OVERWRITTEN} concurrent onboardings are all bound while somebody else overwrites the list`, async () => {
  const { operator, stack } = it;
  const { resourceGroup, registry } = stack.endpoints.azure;
  const { connectedRegistry } = stack.endpoints.edge;
  const { registries: sdk } = operator;
  const stale = (await sdk.connectedRegistries.get(resourceGroup, registry, connectedRegistry)).clientTokenIds ?? [];
  // As a person's script would that read the list a while ago; three times, each when the app has bound some more.
  const foreign = { overwrites: 0, isOver: false };
  const overwrite = async ({ bound }: { readonly bound: readonly string[] }): Promise<void> => {
    if (bound.length <= stale.length) return;
    await sdk.connectedRegistries.update(resourceGroup, registry, connectedRegistry, { clientTokenIds: stale });
    foreign.overwrites += 1;
  };
  // The first time before any password can have been proven: what is taken away after a run's last look stays away.
  const ids = await whileNothingSyncs(it, async () => {
    const started = await startMany('overwritten', OVERWRITTEN);
    await until(
      async () => overwrite(await readState(it)),
      () => foreign.overwrites > 0,
      'somebody else has overwritten the client list',
      { pause: 50 },
    );
    return started;
  });
  const overwriting = (async () => {
    for (; !foreign.isOver && foreign.overwrites < 3; await sleep(100)) {
      const state = await readState(it);
      const isPromoting = [...state.secrets.keys()].some((name) => /-overwritten-\d+-[0-9a-f]+$/.test(name));
      if (isPromoting) break;
      await overwrite(state);
    }
  })();
  const tokens = await tokensOf(ids).finally(() => (foreign.isOver = true));
  await overwriting;
  await expectBoundOnce(tokens);
  expect(await foreigners.touched()).toEqual([]);
}, 900_000);
