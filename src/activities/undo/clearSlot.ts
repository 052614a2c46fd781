import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { isSamePassword, SLOT_NAMES, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { isRequested } from '../../domain/tokens/requestedPassword.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { savedSince } from '../credentials/laterRun.js';

interface ClearSlotInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  readonly slot: SlotName;
  /** Creation time (ISO 8601) of the password in the slot at preflight, which this run did not issue. */
  readonly earlier?: string;
  /** Whether that password still worked. Once overwritten, it cannot be restored. */
  readonly wasLive: boolean;
  /** For a token that is adopted: when the passwords were made (ISO 8601) that this run has issued. */
  readonly issued?: readonly string[];
  /**
   * For a token that is adopted: when the secrets expire (ISO 8601) for which this run has requested passwords, saved
   * or not.
   */
  readonly requested?: readonly string[];
}

/**
 * Clears the slot that this run filled on an existing token. A password that a later run saved is kept. In an adopted
 * token, so is one that is not of this run: somebody may use it.
 */
export function clearSlot({ controlPlane, vaults }: Ports) {
  return ({
    vaultHost,
    reference,
    run,
    token,
    slot,
    earlier,
    wasLive,
    issued,
    requested,
  }: ClearSlotInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const { registry } = reference;
      const filled = (await controlPlane.getToken(registry, token))?.slots;
      const present = filled?.[slot];
      if (!filled || present?.createdAt === earlier) return done({});
      const isLater = (known: CredentialTags) =>
        known.slot === slot && isSamePassword(filled, { slot, createdAt: known.issued.slotCreatedAt });
      if (present && (await savedSince(vaults.of(vaultHost), reference, run)).some(isLater))
        return done({ kept: `${slot} of token ${token}: kept, because a later run filled it` });
      // An adopted token is that of others, so what this run has not requested is theirs, also if the run has saved
      // nothing yet.
      const isAdopted = issued !== undefined || requested !== undefined;
      const isOfRun =
        !isAdopted ||
        issued?.some((createdAt) => isSamePassword(filled, { slot, createdAt })) ||
        isRequested(present, requested ?? []);
      if (present && !isOfRun)
        return done({
          residue: `${slot} of token ${token}: kept, because it holds a password that this run did not save`,
        });
      if (present)
        await controlPlane.keepOnlySlots(
          registry,
          token,
          SLOT_NAMES.filter((name) => name !== slot && filled[name] !== undefined),
        );
      return done(wasLive ? { residue: `${slot} of token ${token}: its earlier password was overwritten` } : {});
    });
}
