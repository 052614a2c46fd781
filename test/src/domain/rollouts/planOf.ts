import type { RolloutPlan } from '../../../../src/domain/rollouts/rollout.js';

/** So many seconds after the request. */
export const at = (seconds: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, seconds));

const rate = { capacity: 200, perSecond: 10 };

/** A rollout of so many rows, in two waves. */
export const planOf = (rows: number, pauseSeconds: number): RolloutPlan => ({
  id: 'one',
  kind: 'rotate',
  actor: 'function-key',
  requestedAt: at(0).toISOString(),
  rows,
  waves: { size: rows / 2, pauseSeconds },
  failureLimit: { percent: 10, minimum: 5 },
  freezeWindows: [],
  dryRun: false,
  subscriptions: [{ id: 'subscription', rows }],
  rates: { reads: rate, writes: rate, deletes: rate },
});
