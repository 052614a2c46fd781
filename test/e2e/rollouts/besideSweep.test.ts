import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Site } from '@connected-registry/local-stack/bench/fleet/fleetWorld';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { until } from '../../shared/until.js';
import { HARDLY_EVER } from '../faults/sweeps.js';
import { clientsOf, ENDPOINT, NO_LIMIT, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

const DUE = 6;
const OTHERS = 30;
/** A fifth of ARM's limits: 40 writes at once, which the onboardings use up, then 2 a second. */
const THROTTLING = 0.2;
/** Writes until a single request has ended: its own, and those of runs in progress. The others wait for more. */
const AHEAD = 20;

/**
 * A credential of one day is due after two seconds, and one of the default lifetime after ten minutes. No previous
 * password is revoked in that time, so a client that was rotated is not due again.
 */
const ROTATION = {
  NEAR_EXPIRY_EVENTS: 'false',
  CREDENTIAL_LIFETIME_DAYS: '300',
  ROTATE_AFTER: '1/43200',
  ROTATION_SPREAD_HOURS: '0',
  ROTATION_SWEEP_SCHEDULE: HARDLY_EVER,
  OVERLAP_SECONDS: '500',
  AGENT_REFRESH_SECONDS: '60',
  // All agents answer, on a busy machine later than the other files of this folder wait.
  REPORT_TIMEOUT_SECONDS: '60',
};

let stack: RolloutStack;
let site: Site;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 1, throttling: THROTTLING, settings: ROTATION });
  const { azure, edge } = stack.it.stack.endpoints;
  // The seeded connected registry syncs, and a rotation waits for that.
  site = { registry: azure.registry, connectedRegistry: edge.connectedRegistry };
}, 600_000);
afterAll(() => stack.dispose());

const operations = z.object({
  operations: z.array(
    z.object({ kind: z.string(), status: z.string(), failure: z.object({ code: z.string() }).optional() }),
  ),
});

/** How the rotations of a client have ended, or `running`. */
async function rotationsOf(client: ClientReference): Promise<string[]> {
  const { body } = await stack.it.app.get(`clients/${clientKey(client)}/operations`);
  return operations
    .parse(body)
    .operations.flatMap(({ kind, status, failure }) => (kind === 'rotate' ? [failure?.code ?? status] : []));
}

const completed = (ends: readonly string[]): number => ends.filter((end) => end === 'completed').length;

/** Has the app look for due credentials now, by the host's route to run a timer by hand. */
async function sweep(): Promise<void> {
  const { ground, endpoints } = stack.it.stack;
  const keys = readFileSync(join(ground.dataFolder, 'host', 'keys.json'), 'utf8');
  const { master } = z.object({ master: z.string() }).parse(JSON.parse(keys));
  const answer = await fetch(`${endpoints.functions.url}/admin/functions/startRotationSweep`, {
    method: 'POST',
    headers: { 'x-functions-key': master, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(202);
}

/** Sweeps until no rotation of these clients is left to do, as the schedule does. */
async function sweptUntil(clients: readonly ClientReference[]): Promise<void> {
  await until(
    async () => {
      const left = (await Promise.all(clients.map(rotationsOf))).filter((ends) => completed(ends) === 0);
      if (left.length > 0) await sweep();
      return left;
    },
    (left) => left.length === 0,
    'every due client was rotated',
    { pause: 1000 },
  );
}

test('a rollout and a sweep that work beside each other rotate each client once, and a single request goes first', async () => {
  const { it, rollouts } = stack;
  const { azure } = it.stack.endpoints;
  const due = clientsOf(site, 'due', DUE).map((client) => ({ ...client, credentialLifetimeDays: 1 }));
  const others = clientsOf(site, 'other', OTHERS);
  const onboarded = await rollouts.start(onboardingOf([...due, ...others]));
  expect(await rollouts.atRest(onboarded)).toMatchObject({
    status: 'completed',
    counts: { completed: DUE + OTHERS },
    failures: {},
  });

  await forgetRequests(azure.arm, it.stack.controlPlane.https);
  // The sweep alone has half of the due clients, and shares the others with the rollout.
  const shared = clientsOf(site, 'due', DUE).slice(DUE / 2);
  const id = await rollouts.start({ kind: 'rotate', clients: [...others, ...shared], failureLimit: NO_LIMIT });
  await sweep();
  await rollouts.until(id, ({ counts }) => counts.running + counts.completed > 0);
  const before = (await countArmRequests(azure.arm, it.stack.controlPlane.https)).writes;
  const single = { ...clientsOf(site, 'single', 1)[0], repositories: ['hello-world'], endpoint: ENDPOINT };
  expect(await it.app.end(await it.app.start(single))).toMatchObject({ status: 'completed' });
  const { writes } = await countArmRequests(azure.arm, it.stack.controlPlane.https);
  expect(writes - before).toBeLessThanOrEqual(AHEAD);
  const during = await rollouts.view(id);
  expect(during.counts.completed).toBeLessThan(OTHERS);

  const ended = await rollouts.atRest(id);
  expect(ended).toMatchObject({ status: 'completed', counts: { waiting: 0, running: 0 } });
  await sweptUntil(due);

  const all = [...due, ...others];
  const counts = await Promise.all(all.map(async (client) => [client.client, completed(await rotationsOf(client))]));
  expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(all.map(({ client }) => [client, 1])));
  // A row whose client the sweep was faster with is refused, and says why. Nothing else may fail.
  const failed = await rollouts.rows(id, 'failed');
  expect(failed.filter(({ code }) => code !== 'previous-password-in-use')).toEqual([]);
  expect(failed.filter(({ client }) => !shared.some((one) => one.client === client))).toEqual([]);
});
