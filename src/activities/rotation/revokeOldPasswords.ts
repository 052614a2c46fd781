import { mainSecretName } from '@connected-registry/protocol/names/names';
import {
  formatTags,
  parseTags,
  type CredentialTags,
  type OldPassword,
} from '@connected-registry/protocol/names/secretTags';
import { isSamePassword, SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { DueRevocation } from '../../domain/rotation/sweep.js';
import type { Ports } from '../../ports/ports.js';
import type { SecretFacts, SecretVault } from '../../ports/secretVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { eachOf } from '../../queries/eachOf.js';

interface RevokeOldPasswordsInput {
  readonly clients: readonly DueRevocation[];
}

/**
 * Clears the slot of each client's previous password once no consumer can need it: the device has acknowledged the
 * current password, or the time in the tag has passed. It reads everything again, so that a repetition or a late call
 * is harmless: it never clears the slot that the main secret uses, nor a newer password. The next sweep retries
 * failures.
 */
export function revokeOldPasswords({ controlPlane, vaults }: Ports) {
  return async ({ clients }: RevokeOldPasswordsInput): Promise<StepOutcome<{ readonly revoked: number }>> => {
    const outcomes = await eachOf(clients, (client) => outcomeOf(async () => done(await revoke(client))));
    return done({ revoked: outcomes.filter((outcome) => outcome.kind === 'done' && outcome.value).length });
  };

  async function revoke({ acknowledged, vaultHost, ...reference }: DueRevocation): Promise<boolean> {
    const vault = vaults.of(vaultHost);
    const main = await vault.current(mainSecretName(reference));
    const tags = main && parseTags(main.tags);
    const old = tags?.revokeOld;
    if (!main || !old || !isUnused(old, main, acknowledged, new Date())) return false;
    const revoked = old.slot !== tags.slot && (await clearOldSlot(tags, old));
    await disableVersionsOf(vault, old, main);
    const { revokeOld: _done, ...others } = main.tags;
    const { revokeOld: _old, ...facts } = tags;
    await vault.updateTags(main, { ...others, ...formatTags(facts) });
    return revoked;
  }

  async function clearOldSlot({ registry, token }: CredentialTags, old: OldPassword): Promise<boolean> {
    const slots = (await controlPlane.getToken(registry, token))?.slots;
    if (!slots || !isSamePassword(slots, old)) return false;
    const keep = SLOT_NAMES.filter((name) => name !== old.slot && slots[name] !== undefined);
    await controlPlane.keepOnlySlots(registry, token, keep);
    return true;
  }

  /** Disables only versions with this password: a newer version may exist by now. */
  async function disableVersionsOf(vault: SecretVault, old: OldPassword, main: SecretFacts): Promise<void> {
    for (const version of await vault.versions(main.name)) {
      const tags = parseTags(version.tags);
      const isOld = tags?.slot === old.slot && tags.issued.slotCreatedAt === old.createdAt;
      if (isOld && version.isEnabled && version.version !== main.version) await vault.disable(version);
    }
  }
}

function isUnused(old: OldPassword, main: SecretFacts, acknowledged: string | undefined, now: Date): boolean {
  return main.version === acknowledged || new Date(old.from) <= now;
}
