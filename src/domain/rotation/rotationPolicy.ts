import type { FreezeWindow } from '../schedules/freezeWindows.js';

/** When a credential is rotated: after a share of its lifetime, or after some days. */
export type RotateAfter =
  { readonly kind: 'share'; readonly of: number } | { readonly kind: 'days'; readonly days: number };

/** Rules of rotation sweeps, from settings. */
export interface RotationPolicy {
  readonly rotateAfter: RotateAfter;
  /** Seconds over which due times are spread. */
  readonly spreadSeconds: number;
  /** Rotations that are started together. */
  readonly waveSize: number;
  /** Failures after which a sweep starts no more rotations. */
  readonly failureLimit: number;
  /** Maximum seconds that a sweep waits for a wave. Rotations that take longer continue by themselves. */
  readonly waveSeconds: number;
  readonly freezeWindows: readonly FreezeWindow[];
  /** Longest time between two sweeps, in seconds. */
  readonly sweepGapSeconds: number;
  /** Seconds without sweeps after failures stopped one. */
  readonly retrySeconds: number;
}

/** For a given lifetime: when rotation is due, and when it takes priority. */
interface LifetimeMarks {
  /** Seconds from the issue until a rotation is due, before any spread. */
  readonly dueAfter: number;
  /** Spread in seconds, at most half of the lifetime after `dueAfter`. */
  readonly spread: number;
  /** Seconds from the issue until the rotation takes priority: halfway between `dueAfter` and the expiry. */
  readonly deadlineAfter: number;
}

const DAY = 86_400;

/** Used if the lifetime is shorter than the configured days. */
const DEFAULT_SHARE = 2 / 3;

/** @param seconds the credential's lifetime */
export function lifetimeMarks(
  seconds: number,
  policy: Pick<RotationPolicy, 'rotateAfter' | 'spreadSeconds'>,
): LifetimeMarks {
  const { rotateAfter, spreadSeconds } = policy;
  const wanted = rotateAfter.kind === 'share' ? seconds * rotateAfter.of : rotateAfter.days * DAY;
  const dueAfter = wanted < seconds ? wanted : seconds * DEFAULT_SHARE;
  const half = (seconds - dueAfter) / 2;
  return { dueAfter, spread: Math.min(spreadSeconds, half), deadlineAfter: dueAfter + half };
}
