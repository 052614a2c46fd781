import { isSamePassword } from '../domain/slots.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import { outcomeOf } from '../ports/outcomeOf.js';
import type { IssuedCredential } from './issueCredentials.js';

export interface CheckCredentialInput {
  readonly registry: string;
  readonly token: string;
  readonly credential: Pick<IssuedCredential, 'slot' | 'slotCreatedAt'>;
}

/**
 * Whether the registry still holds the very password that was saved, told by the time the slot was filled. A request of a
 * process that died may take effect late, and a token written anew has lost its passwords.
 */
export function checkCredential({ controlPlane }: Ports) {
  return (input: CheckCredentialInput): Promise<StepOutcome<{ readonly stands: boolean }>> =>
    outcomeOf(async () => {
      const { slot, slotCreatedAt } = input.credential;
      const token = await controlPlane.getToken(input.registry, input.token);
      return done({ stands: token !== undefined && isSamePassword(token.slots, { slot, createdAt: slotCreatedAt }) });
    });
}
