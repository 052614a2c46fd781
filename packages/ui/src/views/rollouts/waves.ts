import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { ended } from './rolloutFigures.js';

export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly rows: number;
  /** Clients of it that have ended. */
  readonly ended: number;
}

/**
 * The waves of a rollout. A wave begins when all clients of the one before have ended, so how far each is follows from how many have
 * ended in all.
 *
 * @returns undefined if the app did not say how large waves are
 */
export function wavesOf(rollout: Rollout): readonly Wave[] | undefined {
  const { wave, rows } = rollout;
  const { first, size } = wave;
  if (first === undefined || size === undefined) return undefined;
  let before = 0;
  return Array.from({ length: wave.of }, (_, index) => {
    const ofWave = Math.max(0, Math.min(index === 0 ? first : size, rows - before));
    const done = index < wave.current ? Math.min(ofWave, Math.max(0, ended(rollout) - before)) : 0;
    before += ofWave;
    return { number: index + 1, rows: ofWave, ended: done };
  });
}

/** How many waves are shown around the one in progress. */
const SHOWN = 12;

/** Of many waves those around the one in progress. @param current from 1 */
export function wavesAround(waves: readonly Wave[], current: number): readonly Wave[] {
  const from = Math.max(0, Math.min(current - 1 - SHOWN / 3, waves.length - SHOWN));
  return waves.slice(from, from + SHOWN);
}
