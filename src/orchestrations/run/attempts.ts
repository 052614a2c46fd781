import type { OperationFailure, OperationResult } from '../../domain/operations/operation.js';
import type { StepName } from '../../domain/operations/stepNames.js';
import { StepFailed, type Flow } from './flow.js';
import type { End } from './progressLog.js';
import type { RunContext } from './runContext.js';

/**
 * The steps of a flow that only takes away, so that it has nothing to undo: one that fails does not keep the others
 * from being tried, and the end names it.
 */
export class Attempts {
  private readonly failures: { readonly part: string; readonly error: StepFailed }[] = [];

  constructor(private readonly run: RunContext) {}

  get haveAllSucceeded(): boolean {
    return this.failures.length === 0;
  }

  /**
   * A step whose failure does not end the flow.
   * @param part what it takes away, in words.
   * @returns undefined when it failed.
   */
  *step<T>(name: StepName, part: string, action: () => Flow<T>): Flow<T | undefined> {
    return yield* this.part(part, () => this.run.step(name, action));
  }

  /** Part of a step, whose failure does not end the step. @returns undefined when it failed. */
  *part<T>(part: string, action: () => Flow<T>): Flow<T | undefined> {
    try {
      return yield* action();
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      this.failures.push({ part, error });
      return undefined;
    }
  }

  /**
   * @param rest what remains besides the parts that failed
   * @param kept what was kept on purpose, and why
   * @param disabled of a revocation: what is disabled, also when it failed
   */
  outcome<Result extends OperationResult>(
    result: Result,
    rest: readonly string[],
    kept: readonly string[],
    disabled?: readonly string[],
  ): End<Result> {
    const [first] = this.failures;
    if (!first) return { status: 'completed', result };
    const { code, message } = first.error;
    const residue = [...this.failures.map(({ part, error }) => `${part}: ${error.message}`), ...rest];
    const failure: OperationFailure = { code, message, residue, kept, ...(disabled ? { disabled } : {}) };
    return { status: 'failed', failure };
  }
}
