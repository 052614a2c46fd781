import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';

export interface WaveProgress {
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
}

/** Counts a wave's runs by state. A run whose instance another run has taken has an unknown end, so it is not counted. */
export function readRotations(
  { operations }: { readonly operations: readonly string[] },
  runs: Runs,
): Promise<StepOutcome<WaveProgress>> {
  return outcomeOf(async () => {
    const states = await eachOf(operations, async (operation) => {
      const id = parseOperationId(operation);
      return id ? runs.state(id) : 'unknown';
    });
    const count = (state: (typeof states)[number]) => states.filter((item) => item === state).length;
    return done({ running: count('running'), completed: count('completed'), failed: count('failed') });
  });
}
