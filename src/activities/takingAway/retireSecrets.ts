import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { SecretVersion } from '../../ports/secretVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Hides versions of secrets from readers. What is not there any more counts as hidden. */
export function disableSecrets({ vault }: Ports) {
  return ({ versions }: { readonly versions: readonly SecretVersion[] }): Promise<StepOutcome<object>> =>
    outcomeOf(async () => {
      for (const version of versions) await vault.disable(version);
      return done({});
    });
}

export interface RetireSecretInput {
  readonly reference: ClientReference;
  readonly run: string;
  /** The last run that the plan saw in the secret: one that waited may have an id from before that. */
  readonly lastRun?: string;
  readonly name: string;
}

export interface RetiredSecret {
  readonly removed: boolean;
  /** Why it was left; absent when it is gone. */
  readonly kept?: string;
}

/**
 * Hides all the client's versions of a secret, and soft-deletes it; deleted already counts as gone. The vault keeps it as
 * long as its settings say, and nothing here purges it. What a later run has saved stays, with the secret that it is in.
 */
export function retireSecret({ vault }: Ports) {
  return ({ reference, run, lastRun = run, name }: RetireSecretInput): Promise<StepOutcome<RetiredSecret>> =>
    outcomeOf(async () => {
      const versions = await vault.versions(name);
      const isOwn = (tags: ReturnType<typeof parseTags>) => tags && clientKey(tags) === clientKey(reference);
      const own = versions.filter(({ tags }) => isOwn(parseTags(tags)));
      const since = lastRun > run ? lastRun : run;
      if (own.some(({ tags }) => (parseTags(tags)?.issued.run ?? '') > since))
        return done({ removed: false, kept: `secret ${name}: a later run has saved a credential there` });
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      if (own.length < versions.length)
        return done({ removed: false, kept: `secret ${name}: it has versions that are not this client's` });
      if (versions.length > 0) await vault.remove(name);
      return done({ removed: versions.length > 0 });
    });
}
