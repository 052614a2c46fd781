import type { OrchestrationContext, Task } from 'durable-functions';
import type { FailureCode } from '@connected-registry/protocol/answers/codes';
import type { OperationFailure } from '../../domain/operations/operation.js';

/** Part of an orchestration: yields durable tasks and ends with a value. Combine parts with `yield*`. */
export type Flow<T> = Generator<Task, T, unknown>;

/** Stops a flow and starts its compensations. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
  }

  /** The failure of an operation that had nothing to undo. @param residue what remains, or may remain */
  toFailure(residue: readonly string[] = []): OperationFailure {
    return { code: this.code, message: this.message, residue, kept: [] };
  }
}

/**
 * Runs a flow whose failure is an answer, too.
 * @returns undefined when it failed.
 * @throws every error other than StepFailed
 */
export function* orUndefined<T>(flow: () => Flow<T>): Flow<T | undefined> {
  try {
    return yield* flow();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return undefined;
  }
}

/** The instant `seconds` from now, by the durable clock. */
export function later(context: OrchestrationContext, seconds: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + Math.ceil(seconds * 1000));
}

/** Seconds since `start`, by the durable clock. */
export function secondsSince(context: OrchestrationContext, start: Date): number {
  return (context.df.currentUtcDateTime.getTime() - start.getTime()) / 1000;
}
