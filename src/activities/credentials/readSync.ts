import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import { syncFacts } from '../../queries/registry/connectedRegistry.js';
import type { SharedReads } from '../../queries/registry/sharedReads.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Reads when the connected registry last synced, as ARM reports it, and its schedule. */
export function readSync(reads: Pick<SharedReads, 'connectedRegistry'>) {
  return (input: { readonly registry: string; readonly connectedRegistry: string }): Promise<StepOutcome<SyncFacts>> =>
    outcomeOf(async () => {
      const found = await reads.connectedRegistry(input.registry, input.connectedRegistry);
      if (!found)
        return failed(
          'connected-registry-not-found',
          `connected registry ${input.connectedRegistry} was deleted during this run`,
        );
      return done(syncFacts(found));
    });
}
