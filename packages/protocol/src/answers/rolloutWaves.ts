import type { Rollout } from './rolloutAnswers.js';

export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly rows: number;
  /** Clients of it that have ended, in any way; undefined if nobody can know. */
  readonly ended: number | undefined;
}

/** Clients that have ended, in any way. */
export function endedRows({ counts }: Pick<Rollout, 'counts'>): number {
  return counts.completed + counts.failed + counts.cancelled + counts.planned;
}

/**
 * The waves of a rollout. The one in progress is the first with clients that have not ended, so how far it is follows
 * from how many have ended in all, unless later waves have ended clients too: after a retry of earlier ones, and while
 * a cancelled rollout ends.
 *
 * @returns undefined if the app did not say how large waves are
 */
export function wavesOf(rollout: Pick<Rollout, 'wave' | 'rows' | 'counts'>): readonly Wave[] | undefined {
  const { wave, rows, counts } = rollout;
  const { first, size, current } = wave;
  if (first === undefined || size === undefined) return undefined;
  const ended = endedRows(rollout);
  const isOver = counts.waiting + counts.running === 0;
  let before = 0;
  let isBeyond = false;
  return Array.from({ length: wave.of }, (_, index): Wave => {
    const ofWave = Math.max(0, Math.min(index === 0 ? first : size, rows - before));
    const inWave = Math.max(0, ended - before);
    before += ofWave;
    const one = { number: index + 1, rows: ofWave };
    if (isOver || index + 1 < current) return { ...one, ended: ofWave };
    // Those that run have not ended, and belong to the wave in progress.
    if (index + 1 === current) isBeyond = inWave > ofWave - counts.running;
    if (isBeyond) return { ...one, ended: undefined };
    return { ...one, ended: index + 1 === current ? inWave : 0 };
  });
}

/**
 * Of many waves those around the one in progress.
 *
 * @param current from 1
 * @param shown maximum number of them
 */
export function wavesAround(waves: readonly Wave[], current: number, shown: number): readonly Wave[] {
  const from = Math.max(0, Math.min(current - 1 - Math.floor(shown / 3), waves.length - shown));
  return waves.slice(from, from + shown);
}
