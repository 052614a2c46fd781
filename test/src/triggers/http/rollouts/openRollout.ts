import { ROLLOUT, rolloutInstance, type RolloutPlan } from '../../../../../src/domain/rollouts/rollout.js';
import { putRows } from '../../../../../src/triggers/durable/rollouts/rollouts.js';
import type { RolloutEngine } from '../../../fakes/durable/rolloutEngine.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';

/** A rollout of two clients, a and b. */
export const PLAN: RolloutPlan = {
  id: 'mm7ft4w000ab3cd9',
  kind: 'rotate',
  actor: 'ann',
  requestedAt: '2026-03-01T12:00:00.000Z',
  rows: 2,
  waves: { size: 500, pauseSeconds: 0 },
  failureLimit: { percent: 10, minimum: 5 },
  freezeWindows: [],
  dryRun: false,
  subscriptions: [{ id: '8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10', rows: 2 }],
  rates: config().arm.rates,
};

/** A client of a rollout. */
export const clientOf = (client: string) => ({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client });

/** Starts a rollout, and opens it. @param changes of {@link PLAN} */
export async function openRollout(
  engine: RolloutEngine,
  changes: Partial<RolloutPlan> = {},
  clients: readonly string[] = ['a', 'b'],
): Promise<void> {
  const plan = { ...PLAN, rows: clients.length, ...changes };
  await putRows(engine.client, plan.id, clients.map(clientOf), { operation: 'rollout-x.x', actor: 'ann' });
  const input = { plan, run: plan.id, actor: plan.actor, limits: config().limits };
  await engine.client.startNew(ROLLOUT, { instanceId: rolloutInstance(plan.id), input });
}
