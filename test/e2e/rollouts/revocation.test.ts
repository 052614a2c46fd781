import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { clientsOf, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

const ROWS = 32;
/** A tenth of ARM's limits: after 20 writes at once there is one in a second, and the rollout takes a minute. */
const THROTTLING = 0.1;
/** Writes of others before the revocation's own, at the most: those in progress, and the tokens left to it. */
const AHEAD = 20;

let stack: RolloutStack;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 2, throttling: THROTTLING });
}, 600_000);
afterAll(() => stack.dispose());

const started = z.object({ operations: z.array(z.object({ id: z.string() })) });

test('a revocation in the middle of a rollout that has used up the budget ends before the rollout goes on', async () => {
  const { it, rollouts, sites } = stack;
  const { azure } = it.stack.endpoints;
  const [site, other] = sites;
  if (!site || !other) throw new Error('There are two sites.');
  const [stolen] = clientsOf(other, 'stolen', 1);
  if (!stolen) throw new Error('There is a client.');
  const first = await rollouts.start(onboardingOf([stolen]));
  expect(await rollouts.atRest(first)).toMatchObject({ status: 'completed' });

  const id = await rollouts.start(onboardingOf(clientsOf(site, 'many', ROWS)));
  const before = await rollouts.until(id, ({ counts }) => counts.completed >= ROWS / 4);
  await forgetRequests(azure.arm, it.stack.controlPlane.https);
  const startedAt = Date.now();
  const answer = await it.app.post({ clients: [stolen] }, 'revocations');
  expect(answer.status).toBe(202);
  const [revocation] = started.parse(answer.body).operations;
  const ended = z.object({ status: z.string() });
  await expect
    .poll(async () => ended.parse((await it.app.get(`operations/${revocation?.id ?? ''}`)).body).status, {
      timeout: 120_000,
      interval: 100,
    })
    .toBe('completed');
  const { writes } = await countArmRequests(azure.arm, it.stack.controlPlane.https);
  console.log(`revoked after ${((Date.now() - startedAt) / 1000).toFixed(1)} s and ${writes} writes`);
  expect(writes).toBeLessThanOrEqual(AHEAD);
  const after = await rollouts.view(id);
  expect(after).toMatchObject({ status: 'running' });
  expect(after.counts.completed).toBeLessThan(before.counts.completed + ROWS / 2);

  expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
}, 600_000);
