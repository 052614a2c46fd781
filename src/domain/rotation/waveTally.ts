import { ROW_CODES, type RowStatus } from '../rollouts/row.js';
import type { SweepTally } from './sweep.js';

/**
 * Counts a wave when a sweep stops waiting for it. A run whose instance another run has taken has an unknown end, so it
 * is not counted.
 */
export function waveTally(
  statuses: readonly RowStatus[],
): Pick<SweepTally, 'started' | 'completed' | 'failed' | 'underWay' | 'busy'> {
  const count = (isCounted: (status: RowStatus) => boolean) => statuses.filter(isCounted).length;
  return {
    started: count(({ operation }) => operation !== undefined),
    completed: count(({ state }) => state === 'completed'),
    failed: count(({ state, code }) => state === 'failed' && code !== ROW_CODES.busy && code !== ROW_CODES.unknown),
    underWay: count(({ state }) => state === 'running'),
    busy: count(({ code }) => code === ROW_CODES.busy),
  };
}
