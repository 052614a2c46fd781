import type { OperationFailure, OperationResult } from '../../domain/operations/operation.js';
import { StepFailed, type Flow } from './flow.js';
import type { End } from './progressLog.js';

/**
 * The parts of a flow that goes forward only: one that fails does not keep the others from being tried, and is named in
 * the end. There is nothing to undo, since such a flow only takes away.
 */
export class Attempts {
  private readonly failures: { readonly part: string; readonly error: StepFailed }[] = [];

  get haveAllSucceeded(): boolean {
    return this.failures.length === 0;
  }

  /** @returns undefined when the part has failed. */
  *part<T>(name: string, body: () => Flow<T>): Flow<T | undefined> {
    try {
      return yield* body();
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      this.failures.push({ part: name, error });
      return undefined;
    }
  }

  /**
   * @param left what is left besides the parts that failed. @param kept what was left on purpose.
   * @param disabled of a revocation: what is off, also where it failed.
   */
  outcome<Result extends OperationResult>(
    result: Result,
    left: readonly string[],
    kept: readonly string[],
    disabled?: readonly string[],
  ): End<Result> {
    const [first] = this.failures;
    if (!first) return { status: 'completed', result };
    const { code, message } = first.error;
    const residue = [...this.failures.map(({ part, error }) => `${part}: ${error.message}`), ...left];
    const failure: OperationFailure = { code, message, residue, kept, ...(disabled ? { disabled } : {}) };
    return { status: 'failed', failure };
  }
}
