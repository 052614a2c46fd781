import type { Line } from '../host/table.js';

/** Seconds in which a plan of 1,000 clients is to be made. */
export const GOAL = 10;

export interface MeasuredPlan {
  readonly what: string;
  readonly command: 'plan' | 'export';
  readonly seconds: number;
  /** Reads of Azure Resource Manager. */
  readonly reads: number;
  readonly summary: string;
}

/**
 * The rows of the table. Every plan has the goal, however much of it the app plans client by client. An export has
 * none: it reads each client by itself, so the limits of Azure Resource Manager on reads decide how long it takes.
 */
export function planRows(measured: readonly MeasuredPlan[]): Line[] {
  return measured.map(({ what, command, seconds, reads, summary }) => ({
    what,
    value: `${seconds.toFixed(1)} s, ${reads} reads: ${summary}`,
    ...(command === 'plan' ? { goal: `under ${GOAL} s`, met: seconds < GOAL } : {}),
  }));
}
