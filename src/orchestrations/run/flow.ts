import type { OrchestrationContext, Task } from 'durable-functions';
import type { FailureCode } from '@connected-registry/protocol/answers/codes';
import type { OperationFailure } from '../../domain/operations/operation.js';

/** Part of an orchestration: yields durable tasks, and ends with a value. Combine with `yield*`. */
export type Flow<T> = Generator<Task, T, unknown>;

/** Ends a flow's forward way and starts the undo. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
  }

  /** What an operation tells of it that had nothing to undo. @param residue what is left, or may be. */
  toFailure(residue: readonly string[] = []): OperationFailure {
    return { code: this.code, message: this.message, residue, kept: [] };
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
