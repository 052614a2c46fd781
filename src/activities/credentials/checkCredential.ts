import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import type { VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import { isSamePassword } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { IssuedCredential } from './issueCredentials.js';
import { isOf, savedCredentials, type Issuing } from './laterRun.js';

export interface CheckCredentialInput {
  readonly registry: string;
  readonly token: string;
  readonly credential: Pick<IssuedCredential, 'slot' | 'slotCreatedAt'>;
  /** Present when the device cannot read the candidate: whether it is still there is looked at, too. */
  readonly candidate?: Issuing & { readonly reference: ClientReference };
}

export interface CheckedCredential {
  readonly stands: boolean;
  /** The pull by which this very credential was promoted already. */
  readonly promotedBy?: VerifiedPull;
}

/**
 * Whether the registry still holds the very password that was saved, told by the time the slot was filled. A request of a
 * process that died may take effect late, and a token written anew has lost its passwords. The vault may have hidden the
 * candidate, too: by a promotion that the engine has begun, and forgotten when its process died
 * (docs/decisions/0039-activities-that-come-late.md).
 */
export function checkCredential({ controlPlane, vault }: Ports) {
  return (input: CheckCredentialInput): Promise<StepOutcome<CheckedCredential>> =>
    outcomeOf(async () => {
      const { credential, candidate } = input;
      const { slot, slotCreatedAt } = credential;
      const token = await controlPlane.getToken(input.registry, input.token);
      const isHeld = token !== undefined && isSamePassword(token.slots, { slot, createdAt: slotCreatedAt });
      return done(isHeld && candidate ? await lookAt(candidate) : { stands: isHeld });
    });

  async function lookAt({ reference, ...issuing }: Issuing & { readonly reference: ClientReference }) {
    const own = (await savedCredentials(vault, reference)).filter((found) => isOf(found, issuing) && found.isEnabled);
    const promoted = own.find(({ name }) => name !== candidateSecretName(reference));
    if (promoted?.pull) return { stands: true, promotedBy: promoted.pull };
    return { stands: own.length > 0 };
  }
}
