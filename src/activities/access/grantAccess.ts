import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { assignmentName } from '../../domain/access/assignmentName.js';
import { isGranting } from '../../domain/access/heldAccess.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface GrantAccessInput extends DeviceIdentity, InVault {
  readonly reference: ClientReference;
  readonly run: string;
  /** Resource id of the vault. */
  readonly vault: string;
  /** Names of the secrets. */
  readonly secrets: readonly string[];
  /** Looks first, and makes only what is not there. */
  readonly onlyLacking?: true;
}

/**
 * Lets a device read its secrets. The client's record says whether the run may still do so: a late repetition must not
 * give a revoked device its access back (docs/decisions/0039-late-activities.md).
 *
 * @returns the secrets for which an assignment that others made does the same
 */
export function grantAccess({ access }: Pick<Ports, 'access'>) {
  return (
    { reference, run, vault, secrets, principalId, principalType, onlyLacking }: GrantAccessInput,
    runs?: Pick<Runs, 'record'>,
  ): Promise<StepOutcome<{ readonly foreign: readonly string[] }>> =>
    outcomeOf(async () => {
      const foreign: string[] = [];
      const present = onlyLacking ? await access.listAssignments(vault, principalId) : [];
      for (const secret of secrets.filter((name) => !present.some((one) => sameName(one.secret, name)))) {
        const record = await runs?.record(clientKey(reference));
        if (!isGranting(record?.access, { principalId, vault, run }))
          return failed('revoked', `secret ${secret}: this run may no longer give ${principalId} access to it`);
        const name = assignmentName(vault, secret, principalId);
        const isOurs = await access.createAssignment(vault, { name, secret, principalId, principalType });
        if (!isOurs) foreign.push(secret);
      }
      return done({ foreign });
    });
}
