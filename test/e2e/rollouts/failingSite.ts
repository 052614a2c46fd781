import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { TestDevice } from '../harness/testDevice.js';
import { clientsOf, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

/** A rollout in which one site fails in two waves. */
export interface FailingSite {
  /** Why the site fails: its agents are silent until the deadline, or report other bytes at once. */
  readonly fails: 'silent' | 'corrupt';
  /** Sites, the failing one included, with so many clients each. */
  readonly sites: number;
  readonly clients: number;
  /** Rows before those of the failing site. */
  readonly before: number;
  readonly canary: number;
  readonly wave: number;
  readonly failureLimit: { readonly percent: number; readonly minimum: number };
  /** Rows of the failing site in the first wave that has any. */
  readonly failingFirst: number;
  /** Whether the host is killed, at every point of the rollout. */
  readonly isKilled: boolean;
  readonly throttling?: number;
  /** Seconds within which each part ends, far from what it takes. */
  readonly patience: number;
}

/** Events of the signal topic. Those about pull checks name no rollout. */
const signal = z.object({ type: z.string(), data: z.object({ rollout: z.string().optional() }) });
const deliveries = z.union([z.array(signal), signal.transform((one) => [one])]);
const counted = z.object({
  principals: z.object({ app: z.object({ arm: z.object({ operations: z.record(z.string(), z.number()) }) }) }),
});
const GENERATED = 'Microsoft.ContainerRegistry/registries/generateCredentials/action';

/** Tests, on a stack of their own, that such a rollout stops at its limit, continues, and ends right. */
export function failingSiteTest(plan: FailingSite): void {
  let stack: RolloutStack;
  let topic: TestDevice;
  beforeAll(async () => {
    const deadline: Record<string, string> = plan.fails === 'silent' ? { PULL_CHECK_DEADLINE_SECONDS: '6' } : {};
    stack = await startRolloutStack({
      sites: plan.sites,
      settings: deadline,
      ...(plan.throttling === undefined ? {} : { throttling: plan.throttling }),
    });
    topic = await TestDevice.subscribe(stack.it);
  }, 900_000);
  afterAll(async () => {
    await topic.close();
    await stack.dispose();
  });

  const rows = plan.sites * plan.clients;
  const kill = async () => {
    if (plan.isKilled) await stack.it.crashHost();
  };
  const code = plan.fails === 'silent' ? 'pull-check-deadline' : 'pull-digest-mismatch';

  /** Events about a rollout on the signal topic. Event Grid may deliver one twice. */
  const events = (type: string, id: string): number =>
    topic.deliveries
      .flatMap((text) => deliveries.parse(JSON.parse(text)))
      .filter((event) => event.type === type && event.data.rollout === id).length;

  test(
    `a rollout of ${rows} clients pauses at its failure limit again and again, and completes after the site is repaired`,
    async () => {
      const { it, rollouts, agents, sites } = stack;
      const failing = sites.at(-1);
      if (!failing) throw new Error('There is a failing site.');
      agents[plan.fails].add(failing.connectedRegistry);
      const bad = clientsOf(failing, 'bad', plan.clients);
      const good = sites.slice(0, -1).flatMap((site, n) => clientsOf(site, `good-${n + 1}`, plan.clients));
      const clients: ClientReference[] = [...good.slice(0, plan.before), ...bad, ...good.slice(plan.before)];
      const { azure } = it.stack.endpoints;
      await forgetRequests(azure.arm, it.stack.controlPlane.https);

      const id = await rollouts.start(
        onboardingOf(clients, {
          waves: { canary: plan.canary, size: plan.wave },
          failureLimit: plan.failureLimit,
        }),
      );
      await kill();
      await rollouts.until(id, ({ counts }) => counts.running > 0, plan.patience);
      await kill();
      await rollouts.until(id, ({ counts }) => counts.failed > 0, plan.patience);
      await kill();

      // The first pause: later waves are untouched. Rows of the wave in progress that have started end by themselves.
      const first = await rollouts.atRest(id, plan.patience);
      expect(first).toMatchObject({ status: 'paused', reason: 'failure-limit' });
      expect(first.counts).toMatchObject({ running: 0, completed: plan.before, cancelled: 0 });
      expect(first.counts.failed).toBeGreaterThanOrEqual(plan.failureLimit.minimum);
      expect(first.counts.failed).toBeLessThanOrEqual(plan.failingFirst);
      expect(first.failures).toEqual({ [code]: first.counts.failed });
      const untouched = clients.slice(plan.before + plan.failingFirst);
      expect(await rollouts.runCounts(untouched)).toEqual(
        Object.fromEntries(untouched.map(({ client }) => [client, 0])),
      );
      await expect.poll(() => events('ConnectedRegistry.RolloutPaused', id), { timeout: 60_000 }).toBeGreaterThan(0);

      // The site still fails: the limit counts anew after each resume, and is reached again.
      await kill();
      let pauses = 1;
      let rested = first;
      for (; rested.status === 'paused' && rested.counts.failed < plan.clients; pauses += 1) {
        await rollouts.command(id, 'resume');
        await kill();
        rested = await rollouts.atRest(id, plan.patience);
      }
      expect(pauses).toBeGreaterThan(1);
      expect(rested.failures).toEqual({ [code]: plan.clients });

      agents.repair(failing);
      await rollouts.command(id, 'retry-failed');
      await kill();
      if (rested.status === 'paused') await rollouts.command(id, 'resume');
      const last = await rollouts.atRest(id, plan.patience);
      expect(last).toMatchObject({
        status: 'completed',
        counts: { waiting: 0, running: 0, completed: rows, failed: 0, cancelled: 0, planned: 0 },
        failures: {},
      });
      await expect.poll(() => events('ConnectedRegistry.RolloutCompleted', id), { timeout: 60_000 }).toBeGreaterThan(0);

      // Each client was started once, those that failed twice.
      const once = clients.map(({ client }): [string, number] => [client, client.startsWith('bad') ? 2 : 1]);
      expect(await rollouts.runCounts(clients)).toEqual(Object.fromEntries(once));
      const { operations } = counted.parse((await it.stack.controlPlane.https(`${azure.arm}/_control/requests`)).body)
        .principals.app.arm;
      // A killed activity may generate a password again.
      const generated = operations[GENERATED] ?? 0;
      expect(generated).toBeGreaterThanOrEqual(rows + plan.clients);
      expect(generated).toBeLessThanOrEqual(plan.isKilled ? 2 * (rows + plan.clients) : rows + plan.clients);
      const operationIds = (await rollouts.rows(id)).map(({ operation }) => operation);
      expect(new Set(operationIds).size).toBe(rows);
      console.log(`${rows} clients: ${JSON.stringify({ writes: last.writes, floor: last.floor })}`);
    },
    plan.patience * 6000,
  );
}
