import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { isBound } from '../../queries/registry/connectedRegistry.js';
import type { SharedReads } from '../../queries/registry/sharedReads.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface CheckBindingInput {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly token: string;
}

/** Whether the connected registry still lists the token. */
export function checkBinding(reads: Pick<SharedReads, 'connectedRegistry'>) {
  return (input: CheckBindingInput): Promise<StepOutcome<{ readonly bound: boolean }>> =>
    outcomeOf(async () => {
      const found = await reads.connectedRegistry(input.registry, input.connectedRegistry);
      return done({ bound: isBound(found, input.token) });
    });
}
