import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags, parseTags, type MadeByUs, type VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface RecordVerificationInput extends InVault {
  readonly reference: ClientReference;
  /** The version that was checked. */
  readonly version: string;
  readonly scopeMap: string;
  /** `rightsHash` of the rights that the scope map should grant. */
  readonly rights?: string;
  readonly pull: VerifiedPull;
}

/** Records a pull check in the tags of the main secret. Its value stays unchanged. */
export function recordVerification({ vaults }: Pick<Ports, 'vaults'>) {
  return (input: RecordVerificationInput): Promise<StepOutcome<{ readonly version: string }>> =>
    outcomeOf(async () => {
      const vault = vaults.of(input.vaultHost);
      const name = mainSecretName(input.reference);
      const main = await vault.current(name);
      const tags = main && parseTags(main.tags);
      if (!main || !tags || main.version !== input.version)
        return failed('secret-changed', `secret ${name} was replaced by another version during the pull check`);
      // Keeps unknown tags: people may have added them.
      const { verifiedAt: _at, pull: _pull, image: _image, ...others } = main.tags;
      await vault.updateTags(main, {
        ...others,
        ...formatTags({
          ...tags,
          scopeMap: input.scopeMap,
          made: withRights(tags.made, input.rights),
          pull: input.pull,
        }),
      });
      return done({ version: main.version });
    });
}

function withRights(made: MadeByUs, rights: string | undefined): MadeByUs {
  return rights === undefined ? made : { ...made, rights };
}
