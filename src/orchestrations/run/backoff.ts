import type { OrchestrationContext } from 'durable-functions';
import { later, type Flow } from './flow.js';
import type { ProgressLog } from './progressLog.js';

/** First and longest pause, in seconds; each pause is twice the one before. */
export interface Backoff {
  readonly first: number;
  readonly longest: number;
}

/** Keeps 2 ** n finite, however often something was tried. */
const MAX_DOUBLINGS = 20;

/** Seconds before the next try. @param tries made so far, from 1 */
export function backoffSeconds({ first, longest }: Backoff, tries: number): number {
  return Math.min(longest, first * 2 ** Math.min(tries - 1, MAX_DOUBLINGS));
}

/** How one try ended: with the value that is waited for, or with the pause before the next try. */
export type Try<T> = { readonly value: T } | Pause;

export interface Pause {
  /** Seconds before the next try. */
  readonly seconds: number;
  /**
   * Why nothing has come yet, and what happens after the pause: shown as the step's message. Absent: nothing is shown.
   */
  readonly because?: string;
  readonly next?: string;
}

/** What a loop that waits needs of its run. */
export interface Waits {
  readonly durable: OrchestrationContext;
  readonly log: ProgressLog;
  pause(seconds: number): Flow<void>;
}

/**
 * The one loop that waits: tries until a try has a value, and pauses in between.
 *
 * @param attempt gets the number of the try, from 1. It throws StepFailed where it gives up.
 * @throws StepFailed when the run is cancelled during a pause
 */
export function* repeat<T>(run: Waits, attempt: (tries: number) => Flow<Try<T>>): Flow<T> {
  for (let tries = 1; ; tries += 1) {
    const outcome = yield* attempt(tries);
    if ('value' in outcome) return outcome.value;
    const { because, next = 'next try', seconds } = outcome;
    if (because !== undefined) run.log.waiting(`${because}; ${next} at ${at(run.durable, seconds)}`);
    yield* run.pause(seconds);
  }
}

function at(context: OrchestrationContext, seconds: number): string {
  return later(context, seconds).toISOString();
}
