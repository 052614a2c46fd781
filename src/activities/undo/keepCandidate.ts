import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import { isSamePassword, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { savedCredentials } from '../credentials/laterRun.js';
import { clearSlot } from './clearSlot.js';

interface KeepCandidateInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  /** The slot whose password the rotation replaces. */
  readonly slot: SlotName;
  /** Creation time (ISO 8601) of the password in the slot at the time of the plan. */
  readonly earlier?: string;
}

/**
 * The undo of an urgent rotation. It keeps the secret that holds the slot's current password: the candidate or, after a
 * promotion, the main secret. If the slot was not filled, there is nothing to keep. If its new password was never
 * saved, nobody can use it, so the slot is cleared.
 */
export function keepCandidate(ports: Ports) {
  const clear = clearSlot(ports);
  return ({ vaultHost, reference, run, token, slot, earlier }: KeepCandidateInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const [saved, found] = await Promise.all([
        savedCredentials(ports.vaults.of(vaultHost), reference),
        ports.controlPlane.getToken(reference.registry, token),
      ]);
      const holder = saved.find(
        (known) =>
          known.isEnabled &&
          found &&
          isSamePassword(found.slots, { slot: known.slot, createdAt: known.issued.slotCreatedAt }),
      );
      if (holder?.name === candidateSecretName(reference))
        return done({
          kept: `secret ${holder.name}: kept, because only this secret has the new password of token ${token}`,
        });
      if (holder?.issued.run === run)
        return done({ kept: `secret ${holder.name}: kept, because it has the new password of token ${token}` });
      return clear({
        vaultHost,
        reference,
        run,
        token,
        slot,
        ...(earlier === undefined ? { wasLive: false } : { wasLive: true, earlier }),
      });
    });
}
