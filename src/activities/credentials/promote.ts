import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import {
  formatTags,
  parseTags,
  type MadeByUs,
  type OldPassword,
  type VerifiedPull,
} from '@connected-registry/protocol/names/secretTags';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { SecretFacts } from '../../ports/secretVault.js';
import { isBound } from '../../queries/registry/connectedRegistry.js';
import type { IssuedCredential } from './issueCredentials.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

export interface PromoteInput {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  readonly credential: IssuedCredential;
  readonly run: string;
  readonly attempt: number;
  readonly made: MadeByUs;
  readonly pull: VerifiedPull;
  /** The password that this one takes the place of, and from when it may go. */
  readonly revokeOld?: OldPassword;
}

export type PromoteResult =
  { readonly promoted: true; readonly name: string; readonly version: string } | { readonly promoted: false };

/**
 * Makes the verified candidate the main secret's newest version, then disables the candidate, and those that earlier runs
 * have kept when they failed. Not promoted when the binding is gone by now: the flow binds again first. A repetition finds
 * its own work by run and attempt, and ends it whatever has become of the binding since: from then on that is others'
 * business.
 */
export function promote({ controlPlane, vault }: Ports) {
  return (input: PromoteInput): Promise<StepOutcome<PromoteResult>> =>
    outcomeOf(async () => {
      const { reference } = input;
      const name = mainSecretName(reference);
      const [connectedRegistry, main] = await Promise.all([
        controlPlane.getConnectedRegistry(reference.registry, reference.connectedRegistry),
        vault.current(name),
      ]);
      const promoted = main && isPromotedBy(input, main) ? main : undefined;
      if (!promoted && !connectedRegistry)
        return failed('connected-registry-not-found', `${reference.connectedRegistry} was deleted meanwhile`);
      if (!promoted && !isBound(connectedRegistry, input.token)) return done({ promoted: false });

      const { version } = promoted ?? (await copyToMain(input, name));
      await hideCandidates(input);
      return done({ promoted: true, name, version });
    });

  /** Not one of a later run: this may be a repetition that comes late. */
  async function hideCandidates({ credential, run, attempt }: PromoteInput): Promise<void> {
    for (const version of await vault.versions(credential.name)) {
      const issued = version.isEnabled ? parseTags(version.tags)?.issued : undefined;
      if (!issued || issued.run > run || (issued.run === run && issued.attempt > attempt)) continue;
      await vault.disable(version);
    }
  }

  function copyToMain(input: PromoteInput, name: string) {
    const { credential, reference, token, scopeMap, run, attempt, made, pull, revokeOld } = input;
    const { slot, expiresOn, slotCreatedAt, endpoint } = credential;
    const issued = { run, attempt, slotCreatedAt, ...(endpoint === undefined ? {} : { endpoint }) };
    return vault.copy(credential, name, {
      expiresOn,
      tags: formatTags({
        ...reference,
        token,
        scopeMap,
        slot,
        expiresOn,
        issued,
        made,
        pull,
        ...(revokeOld ? { revokeOld } : {}),
      }),
    });
  }
}

function isPromotedBy({ run, attempt }: PromoteInput, { tags }: SecretFacts): boolean {
  const issued = parseTags(tags)?.issued;
  return issued?.run === run && issued.attempt === attempt;
}
