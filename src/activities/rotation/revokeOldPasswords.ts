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
import type { SecretFacts } from '../../ports/secretVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { eachOf } from '../../queries/eachOf.js';

export interface RevokeOldPasswordsInput {
  readonly clients: readonly DueRevocation[];
}

/**
 * Empties the slot of each client's password before the present one, once nobody can need it: the device has acknowledged
 * the present one, or the time in the tag has come. Looks at everything anew, so that doing it twice, or late, does no
 * harm: never the slot that the main secret uses, and never a password that was made since. One that does not succeed is
 * left to the next sweep.
 */
export function revokeOldPasswords({ controlPlane, vault }: Ports) {
  return async ({ clients }: RevokeOldPasswordsInput): Promise<StepOutcome<{ readonly revoked: number }>> => {
    const outcomes = await eachOf(clients, (client) => outcomeOf(async () => done(await revoke(client))));
    return done({ revoked: outcomes.filter((outcome) => outcome.kind === 'done' && outcome.value).length });
  };

  async function revoke({ acknowledged, ...reference }: DueRevocation): Promise<boolean> {
    const main = await vault.current(mainSecretName(reference));
    const tags = main && parseTags(main.tags);
    const old = tags?.revokeOld;
    if (!main || !old || !isFree(old, main, acknowledged, new Date())) return false;
    const revoked = old.slot !== tags.slot && (await emptySlot(tags, old));
    await hideVersionsOf(old, main);
    const { revokeOld: _done, ...others } = main.tags;
    const { revokeOld: _old, ...facts } = tags;
    await vault.updateTags(main, { ...others, ...formatTags(facts) });
    return revoked;
  }

  async function emptySlot({ registry, token }: CredentialTags, old: OldPassword): Promise<boolean> {
    const slots = (await controlPlane.getToken(registry, token))?.slots;
    if (!slots || !isSamePassword(slots, old)) return false;
    const keep = SLOT_NAMES.filter((name) => name !== old.slot && slots[name] !== undefined);
    await controlPlane.keepOnlySlots(registry, token, keep);
    return true;
  }

  /** Only those with this very password: a newer version may have come meanwhile. */
  async function hideVersionsOf(old: OldPassword, main: SecretFacts): Promise<void> {
    for (const version of await vault.versions(main.name)) {
      const tags = parseTags(version.tags);
      const isOld = tags?.slot === old.slot && tags.issued.slotCreatedAt === old.createdAt;
      if (isOld && version.isEnabled && version.version !== main.version) await vault.disable(version);
    }
  }
}

function isFree(old: OldPassword, main: SecretFacts, acknowledged: string | undefined, now: Date): boolean {
  return main.version === acknowledged || new Date(old.from) <= now;
}
