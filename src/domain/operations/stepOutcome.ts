import type { FailureCode } from '@connected-registry/protocol/answers/codes';

/**
 * Outcome of an activity or an entity operation. The engine keeps a thrown error only as text, so outcomes that the
 * orchestration must distinguish are values: `done` continues, `retryLater` repeats after a durable timer, `failed`
 * starts the rollback.
 */
export type StepOutcome<T> = Done<T> | RetryLater | Failed;

/** An outcome as the engine returns it. `activity`: the activity's name; absent for an entity operation. */
export type ReturnedOutcome<T> = StepOutcome<T> & { readonly activity?: string };

export interface Done<T> {
  readonly kind: 'done';
  readonly value: T;
}

export interface RetryLater {
  readonly kind: 'retryLater';
  /** Text for people: what was tried, on which resource, and the result. Never contains a secret. */
  readonly reason: string;
  /** When to repeat, in seconds: the service's Retry-After, or the caller's turn. */
  readonly afterSeconds?: number;
  /**
   * True when only the rate of a service stands in the way. The wait does not count against the step's deadline:
   * nothing is rolled back because a service is busy.
   */
  readonly turn?: true;
}

export interface Failed {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly message: string;
}

/** Creates the outcome of success. */
export function done<T>(value: T): Done<T> {
  return { kind: 'done', value };
}

/** Creates the outcome that repeats the step. @param afterSeconds the service's Retry-After */
export function retryLater(reason: string, afterSeconds?: number): RetryLater {
  return afterSeconds === undefined ? { kind: 'retryLater', reason } : { kind: 'retryLater', reason, afterSeconds };
}

/**
 * Creates the outcome that repeats the step when a service's rate allows it.
 * @param afterSeconds until then, if known
 */
export function awaitTurn(reason: string, afterSeconds?: number): RetryLater {
  return { ...retryLater(reason, afterSeconds), turn: true };
}

/** Creates the outcome that starts the rollback. @param message what failed, on which resource, and why */
export function failed(code: FailureCode, message: string): Failed {
  return { kind: 'failed', code, message };
}

/** The value type of an outcome type `O` that is done. */
export type DoneValue<O> = O extends Done<infer T> ? T : never;

/** How an undo ended. Empty if the previous state is restored, or the resource is already gone. */
export interface Undone {
  /** What was kept on purpose, and why. */
  readonly kept?: string;
  /** What this app created or lost and could not restore. */
  readonly residue?: string;
}
