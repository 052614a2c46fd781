import type { RolloutPlan } from './rollout.js';

type Waved = Pick<RolloutPlan, 'rows' | 'waves'>;

/** The rows of a wave: from `from` to before `to`. @param wave from 0 */
export function waveRows({ rows, waves }: Waved, wave: number): { readonly from: number; readonly to: number } {
  const first = waves.canary ?? waves.size;
  const start = wave === 0 ? 0 : first + (wave - 1) * waves.size;
  const end = first + wave * waves.size;
  return { from: Math.min(start, rows), to: Math.min(end, rows) };
}

/** Number of waves, at least 1. */
export function waveCount({ rows, waves }: Waved): number {
  return 1 + Math.max(0, Math.ceil((rows - (waves.canary ?? waves.size)) / waves.size));
}

/** The wave of a row, from 0. @param row from 0 */
export function waveOf({ waves }: Pick<Waved, 'waves'>, row: number): number {
  const first = waves.canary ?? waves.size;
  return row < first ? 0 : 1 + Math.floor((row - first) / waves.size);
}
