import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface RetirePromotedInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  /** Version of the main secret before this run. */
  readonly earlier?: string;
}

/**
 * Rolls back a promotion whose result was lost: disables this run's versions of the main secret and copies the earlier
 * version to the top, so that consumers get the working credential. If a later run has promoted, its version stays
 * newest.
 */
export function retirePromoted({ vaults }: Pick<Ports, 'vaults'>) {
  return ({ vaultHost, reference, run, earlier }: RetirePromotedInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const vault = vaults.of(vaultHost);
      const name = mainSecretName(reference);
      const versions = await vault.versions(name);
      const own = versions.filter((version) => parseTags(version.tags)?.issued.run === run);
      if (own.length === 0) return done({});
      const isReplaced = versions.some(({ tags, isEnabled }) => isEnabled && (parseTags(tags)?.issued.run ?? '') > run);
      const before = versions.find((version) => version.version === earlier && version.isEnabled);
      const expiresOn = before && parseTags(before.tags)?.expiresOn;
      if (before && expiresOn && !isReplaced) await vault.copy(before, name, { expiresOn, tags: before.tags });
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      if (!before && !isReplaced) await vault.remove(name);
      return done({});
    });
}
