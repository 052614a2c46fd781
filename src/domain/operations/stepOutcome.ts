import type { FailureCode } from '@connected-registry/protocol/answers/codes';

/**
 * How an activity (or an entity operation) ends. Engines keep a thrown error as text only, so what the flow must decide
 * on is a value: `done` goes on, `retryLater` waits on a durable timer and repeats, `failed` starts the undo.
 */
export type StepOutcome<T> = Done<T> | RetryLater | Failed;

/** As it comes back from the engine: with the name of the activity whose outcome it is; of an entity's operation without. */
export type ReturnedOutcome<T> = StepOutcome<T> & { readonly activity?: string };

export interface Done<T> {
  readonly kind: 'done';
  readonly value: T;
}

export interface RetryLater {
  readonly kind: 'retryLater';
  /** For people: what was tried, on which resource, and what came back. Never holds a secret. */
  readonly reason: string;
  /** The service's own Retry-After, in seconds, where it gave one. */
  readonly afterSeconds?: number;
}

export interface Failed {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly message: string;
}

export function done<T>(value: T): Done<T> {
  return { kind: 'done', value };
}

export function retryLater(reason: string, afterSeconds?: number): RetryLater {
  return afterSeconds === undefined ? { kind: 'retryLater', reason } : { kind: 'retryLater', reason, afterSeconds };
}

export function failed(code: FailureCode, message: string): Failed {
  return { kind: 'failed', code, message };
}

/** The value that a step of outcome type `O` hands to the flow. */
export type DoneValue<O> = O extends Done<infer T> ? T : never;
