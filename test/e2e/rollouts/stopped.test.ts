import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Site } from '@connected-registry/local-stack/bench/fleet/fleetWorld';
import { rolloutInstance } from '../../../src/domain/rollouts/rollout.js';
import { problem } from '../harness/appClient.js';
import { clientsOf, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';
import type { Rollout } from './rollouts.js';

const ROWS = 6;
const WAVE = 3;
/** Long enough for every step of an onboarding, and short enough that a test can wait until a rollout gives up. */
const STEP_DEADLINE = 20;

let stack: RolloutStack;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 4, settings: { STEP_DEADLINE_SECONDS: String(STEP_DEADLINE) } });
}, 600_000);
afterAll(() => stack.dispose());

function siteOf(index: number): Site {
  const site = stack.sites[index];
  if (!site) throw new Error('There is a site for each test.');
  return site;
}

/** Ends the orchestration by the management API of Durable Functions, as an operator or a script may do by mistake. */
async function terminate(id: string): Promise<void> {
  const { ground, endpoints } = stack.it.stack;
  const keys = readFileSync(join(ground.dataFolder, 'host', 'keys.json'), 'utf8');
  const { durable } = z.object({ durable: z.string() }).parse(JSON.parse(keys));
  const instance = encodeURIComponent(rolloutInstance(id));
  const path = `runtime/webhooks/durabletask/instances/${instance}/terminate?reason=test`;
  const answer = await fetch(`${endpoints.functions.url}/${path}`, {
    method: 'POST',
    headers: { 'x-functions-key': durable },
  });
  expect(answer.status).toBe(202);
}

const isStopped = ({ status }: Rollout): boolean => status === 'stopped';
const once = (names: readonly { readonly client: string }[]) =>
  Object.fromEntries(names.map(({ client }) => [client, 1]));

describe('a rollout whose orchestration was terminated is stopped, and resume continues it without a second start', () => {
  test.each<[when: string, index: number, pauseSeconds: number, is: (view: Rollout) => boolean]>([
    ['while rows run', 0, 0, ({ counts }) => counts.running === WAVE],
    ['between two waves', 1, 3600, ({ reason }) => reason === 'between-waves'],
  ])('%s', async (_when, index, pauseSeconds, is) => {
    const { rollouts, agents } = stack;
    const site = siteOf(index);
    if (pauseSeconds === 0) agents.silent.add(site.connectedRegistry);
    const clients = clientsOf(site, `stopped-${index}`, ROWS);
    const id = await rollouts.start(onboardingOf(clients, { waves: { size: WAVE, pauseSeconds } }));
    await rollouts.until(id, is);
    await terminate(id);
    const stopped = await rollouts.until(id, isStopped);
    expect(stopped.reason).toBe('fault');
    expect(stopped.counts.waiting).toBe(ROWS - WAVE);

    // Its clients stay claimed, and nothing else starts by itself.
    const other = await rollouts.post(onboardingOf(clients));
    expect([other.status, problem.parse(other.body).code]).toEqual([409, 'client-in-rollout']);
    agents.repair(site);
    await rollouts.command(id, 'resume');
    expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS, failed: 0 } });
    expect(await rollouts.runCounts(clients)).toEqual(once(clients));
  });

  test('while it was paused', async () => {
    const { rollouts, agents } = stack;
    const site = siteOf(2);
    agents.silent.add(site.connectedRegistry);
    const clients = clientsOf(site, 'paused', ROWS);
    const id = await rollouts.start(onboardingOf(clients, { waves: { size: WAVE } }));
    await rollouts.until(id, ({ counts }) => counts.running === WAVE);
    await rollouts.command(id, 'pause');
    await terminate(id);
    await rollouts.until(id, isStopped);
    agents.repair(site);
    // Twice: the second resume finds it running.
    await rollouts.command(id, 'resume');
    expect([200, 409]).toContain((await rollouts.tryCommand(id, 'resume')).status);
    expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS, failed: 0 } });
    expect(await rollouts.runCounts(clients)).toEqual(once(clients));
  });
});

test('a dry run stops when Key Vault answers nothing for longer than a step may take, and resume plans what is left', async () => {
  const { it, rollouts } = stack;
  const { https } = it.stack.controlPlane;
  const faults = `${it.stack.endpoints.azure.arm}/_control/faults`;
  const clients = clientsOf(siteOf(3), 'planned', ROWS);
  // The plan of a rotation reads the client's secret itself, however much the app has listed before.
  await rollouts.atRest(await rollouts.start(onboardingOf(clients)));
  await https(faults, { method: 'POST', body: { match: { operation: 'vault/*', principal: 'app' }, status: 503 } });
  const id = await rollouts.start({ kind: 'rotate', clients, dryRun: true });
  const stopped = await rollouts.until(id, isStopped);
  expect(stopped).toMatchObject({ reason: 'fault', counts: { waiting: ROWS, planned: 0 } });
  await https(faults, { method: 'DELETE' });
  await rollouts.command(id, 'resume');
  expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { planned: ROWS, failed: 0 } });
  expect(await rollouts.runCounts(clients)).toEqual(once(clients));
});
