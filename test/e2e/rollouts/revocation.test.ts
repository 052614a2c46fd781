import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { clientsOf, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

const ROWS = 24;
/** A tenth of ARM's limits: after 20 writes at once there is one in a second. */
const THROTTLING = 0.1;
/**
 * Writes that are made at once. A rollout of so many rows needs more than twice as many: a token and a password for
 * each row.
 */
const BUCKET = 20;
/** Writes of others before the revocation's own, at the most: those in progress, and the tokens left to it. */
const AHEAD = 12;

let stack: RolloutStack;
beforeAll(async () => {
  stack = await startRolloutStack({
    sites: 2,
    throttling: THROTTLING,
    // All agents answer, on a busy machine later than the other files of this folder wait.
    settings: { REPORT_TIMEOUT_SECONDS: '60' },
  });
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

  const writesNow = async () => (await countArmRequests(azure.arm, it.stack.controlPlane.https)).writes;
  await forgetRequests(azure.arm, it.stack.controlPlane.https);
  const id = await rollouts.start(onboardingOf(clientsOf(site, 'many', ROWS)));
  await expect.poll(writesNow, { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(BUCKET);
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
  const writes = await writesNow();
  console.log(`revoked after ${((Date.now() - startedAt) / 1000).toFixed(1)} s and ${writes} writes`);
  expect(writes).toBeLessThanOrEqual(AHEAD);
  // The rollout has more writes left to make than were made since, so it cannot have ended.
  expect(await rollouts.view(id)).toMatchObject({ status: 'running' });

  expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
}, 600_000);
