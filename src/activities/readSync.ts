import { done, failed, type StepOutcome } from '../domain/stepOutcome.js';
import type { SyncFacts } from '../domain/syncSchedule.js';
import type { Ports } from '../ports/ports.js';
import { syncFacts } from '../queries/connectedRegistry.js';
import { outcomeOf } from '../ports/outcomeOf.js';

/** When the connected registry last synced, as the cloud knows it. */
export function readSync({ controlPlane }: Ports) {
  return (input: { readonly registry: string; readonly connectedRegistry: string }): Promise<StepOutcome<SyncFacts>> =>
    outcomeOf(async () => {
      const found = await controlPlane.getConnectedRegistry(input.registry, input.connectedRegistry);
      if (!found) return failed('connected-registry-not-found', `${input.connectedRegistry} was deleted meanwhile`);
      return done(syncFacts(found));
    });
}
