import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { SecretVersion } from '../../ports/secretVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface DisableSecretsInput extends InVault {
  readonly versions: readonly SecretVersion[];
}

/** Disables versions of secrets. Deleted versions count as disabled. */
export function disableSecrets({ vaults }: Pick<Ports, 'vaults'>) {
  return ({ vaultHost, versions }: DisableSecretsInput): Promise<StepOutcome<object>> =>
    outcomeOf(async () => {
      const vault = vaults.of(vaultHost);
      for (const version of versions) await vault.disable(version);
      return done({});
    });
}

interface RetireSecretInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  /** The last run in the secret at the time of the plan. A run that waited may have an older id than that. */
  readonly lastRun?: string;
  readonly name: string;
}

interface RetiredSecret {
  readonly removed: boolean;
  /** Why it was kept; absent if it is gone. */
  readonly kept?: string;
}

/**
 * Disables all the client's versions of a secret and soft-deletes the secret. A deleted secret counts as gone. The app
 * never purges secrets; the vault's own settings decide when it does. A secret in which a later run saved a credential
 * is kept.
 */
export function retireSecret({ vaults }: Pick<Ports, 'vaults'>) {
  return ({ vaultHost, reference, run, lastRun = run, name }: RetireSecretInput): Promise<StepOutcome<RetiredSecret>> =>
    outcomeOf(async () => {
      const vault = vaults.of(vaultHost);
      const versions = await vault.versions(name);
      const isOwn = (tags: ReturnType<typeof parseTags>) => tags && clientKey(tags) === clientKey(reference);
      const own = versions.filter(({ tags }) => isOwn(parseTags(tags)));
      const since = lastRun > run ? lastRun : run;
      if (own.some(({ tags }) => (parseTags(tags)?.issued.run ?? '') > since))
        return done({ removed: false, kept: `secret ${name}: kept, because a later run saved a credential in it` });
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      if (own.length < versions.length)
        return done({
          removed: false,
          kept: `secret ${name}: kept, because it has versions that are not this client's`,
        });
      if (versions.length > 0) await vault.remove(name);
      return done({ removed: versions.length > 0 });
    });
}
