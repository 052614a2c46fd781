import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { assignmentName } from '../../domain/access/assignmentName.js';
import { endingGrants, type GrantedSecrets } from '../../domain/access/heldAccess.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface WithdrawAccessInput {
  readonly reference: ClientReference;
}

/**
 * Deletes the role assignments that the client's record marks for removal, and no others: a late repetition leaves alone what a
 * later run has made.
 */
export function withdrawAccess({ access }: Pick<Ports, 'access'>) {
  return (
    { reference }: WithdrawAccessInput,
    runs?: Pick<Runs, 'record'>,
  ): Promise<StepOutcome<{ readonly removed: readonly GrantedSecrets[] }>> =>
    outcomeOf(async () => {
      const record = await runs?.record(clientKey(reference));
      const removed: GrantedSecrets[] = [];
      for (const { principalId, vault, made } of endingGrants(record?.access)) {
        for (const secret of made)
          await access.deleteAssignment(vault, { name: assignmentName(vault, secret, principalId), secret });
        removed.push({ principalId, vault, made });
      }
      return done({ removed });
    });
}
