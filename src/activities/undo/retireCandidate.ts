import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface RetireCandidateInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  /** Whether to keep the disabled secret and its tags for inspection, because the client was revoked. */
  readonly keeps?: boolean;
}

/**
 * Disables and soft-deletes the candidate secret, if this run saved one. It reads all versions, since a repetition
 * finds its version disabled.
 */
export function retireCandidate({ vaults }: Pick<Ports, 'vaults'>) {
  return (input: RetireCandidateInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const vault = vaults.of(input.vaultHost);
      const name = candidateSecretName(input.reference);
      const versions = await vault.versions(name);
      const own = versions.filter((version) => parseTags(version.tags)?.issued.run === input.run);
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      const foreign = versions.some((version) => version.isEnabled && !own.includes(version));
      if (foreign) return done({ kept: `secret ${name}: kept, because it has versions that are not this run's` });
      if (own.length === 0) return done({});
      if (input.keeps === true) return done({ kept: `secret ${name}: disabled and kept for inspection` });
      await vault.remove(name);
      return done({});
    });
}
