import type { FreezeWindow } from '../schedules/freezeWindows.js';

/** How much of a credential's life passes before it is rotated: a share of it, or days. */
export type RotateAfter =
  { readonly kind: 'share'; readonly of: number } | { readonly kind: 'days'; readonly days: number };

/** What the sweep goes by. Made from settings by whoever starts it. */
export interface RotationPolicy {
  readonly rotateAfter: RotateAfter;
  /** Due times are spread over so many seconds after that. */
  readonly spreadSeconds: number;
  /** So many rotations are started together. */
  readonly waveSize: number;
  /** After so many failures a sweep starts no more. */
  readonly failureLimit: number;
  /** How long a wave is waited for, in seconds; what has not ended by then goes on by itself. */
  readonly waveSeconds: number;
  readonly freezeWindows: readonly FreezeWindow[];
  /** Longest time between two sweeps, in seconds. */
  readonly sweepGapSeconds: number;
  /** How long a sweep rests after it was stopped by failures, in seconds. */
  readonly retrySeconds: number;
}

/** Where a life of `seconds` stands when it is due, and when it must be over at the latest that others come first. */
export interface LifeMarks {
  /** Seconds from the issue until a rotation is due, before any spread. */
  readonly dueAfter: number;
  /** The spread, cut to what the life has room for. */
  readonly spread: number;
  /** Seconds from the issue until it goes before all others: half of what is left when it is due. */
  readonly deadlineAfter: number;
}

const DAY = 86_400;

/** Of a life too short for the days that it should be kept, two thirds. */
const DEFAULT_SHARE = 2 / 3;

export function lifeMarks(seconds: number, policy: Pick<RotationPolicy, 'rotateAfter' | 'spreadSeconds'>): LifeMarks {
  const { rotateAfter, spreadSeconds } = policy;
  const wanted = rotateAfter.kind === 'share' ? seconds * rotateAfter.of : rotateAfter.days * DAY;
  const dueAfter = wanted < seconds ? wanted : seconds * DEFAULT_SHARE;
  const half = (seconds - dueAfter) / 2;
  return { dueAfter, spread: Math.min(spreadSeconds, half), deadlineAfter: dueAfter + half };
}
