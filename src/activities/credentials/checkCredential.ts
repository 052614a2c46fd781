import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import type { VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import { isSamePassword } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { SecretVault } from '../../ports/secretVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import type { IssuedCredential } from './issueCredentials.js';
import { isOf, savedCredentials, type Issuing } from './laterRun.js';

interface CheckCredentialInput extends InVault {
  readonly registry: string;
  readonly token: string;
  readonly credential: Pick<IssuedCredential, 'slot' | 'slotCreatedAt'>;
  /** Present if the device cannot read the candidate: then the activity checks whether the candidate still exists. */
  readonly candidate?: Issuing & { readonly reference: ClientReference };
}

interface CheckedCredential {
  /** Whether the registry holds the password and the vault the candidate. */
  readonly stands: boolean;
  /** The pull by which this credential was already promoted. */
  readonly promotedBy?: VerifiedPull;
}

/**
 * Whether the registry still holds the saved password, by the slot's creation time. It may not: a request of a process
 * that died can take effect late, and a token that is created again loses its passwords. The candidate may be disabled
 * too, by a promotion that the engine started and lost when its process died (docs/decisions/0039-late-activities.md).
 */
export function checkCredential({ controlPlane, vaults }: Ports) {
  return (input: CheckCredentialInput): Promise<StepOutcome<CheckedCredential>> =>
    outcomeOf(async () => {
      const { credential, candidate } = input;
      const { slot, slotCreatedAt } = credential;
      const token = await controlPlane.getToken(input.registry, input.token);
      const isHeld = token !== undefined && isSamePassword(token.slots, { slot, createdAt: slotCreatedAt });
      return done(
        isHeld && candidate ? await findCandidate(vaults.of(input.vaultHost), candidate) : { stands: isHeld },
      );
    });

  async function findCandidate(
    vault: SecretVault,
    { reference, ...issuing }: Issuing & { readonly reference: ClientReference },
  ) {
    const own = (await savedCredentials(vault, reference)).filter((found) => isOf(found, issuing) && found.isEnabled);
    const promoted = own.find(({ name }) => name !== candidateSecretName(reference));
    if (promoted?.pull) return { stands: true, promotedBy: promoted.pull };
    return { stands: own.length > 0 };
  }
}
