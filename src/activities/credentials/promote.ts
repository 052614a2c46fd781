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
import type { SharedReads } from '../../queries/registry/sharedReads.js';
import type { IssuedCredential } from './issueCredentials.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Input of {@link promote}. The candidate has passed the pull check `pull`. */
export interface PromoteInput {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  readonly credential: IssuedCredential;
  readonly run: string;
  readonly attempt: number;
  readonly made: MadeByUs;
  readonly pull: VerifiedPull;
  /** The password that this one replaces, and when it may be revoked. */
  readonly revokeOld?: OldPassword;
}

type PromoteResult =
  { readonly promoted: true; readonly name: string; readonly version: string } | { readonly promoted: false };

/**
 * Maximum age of a look at the client list that another promotion made, in milliseconds. It must also have begun after this
 * candidate's pull: what others took off the list before that look, and after the pull, is noticed.
 */
const SEEN_MILLISECONDS = 2_000;

/**
 * Copies the verified candidate to the main secret, then disables the candidate and those that failed earlier runs kept. If
 * the binding is gone, nothing is promoted, and the orchestration binds again first. A repetition recognises its own version
 * by run and attempt and completes the work, even if the binding was removed since.
 */
export function promote({ vault }: Pick<Ports, 'vault'>, reads: SharedReads) {
  return (input: PromoteInput): Promise<StepOutcome<PromoteResult>> =>
    outcomeOf(async () => {
      const { reference } = input;
      const name = mainSecretName(reference);
      const [connectedRegistry, main] = await Promise.all([
        reads.connectedRegistry(reference.registry, reference.connectedRegistry, {
          after: new Date(input.pull.verifiedAt),
          age: SEEN_MILLISECONDS,
        }),
        vault.current(name),
      ]);
      const promoted = main && isPromotedBy(input, main) ? main : undefined;
      if (!promoted && !connectedRegistry)
        return failed(
          'connected-registry-not-found',
          `connected registry ${reference.connectedRegistry} was deleted during this run`,
        );
      if (!promoted && !isBound(connectedRegistry, input.token)) return done({ promoted: false });

      const { version } = promoted ?? (await copyToMain(input, name));
      await hideCandidates(input);
      return done({ promoted: true, name, version });
    });

  /** Keeps candidates of later runs, since this may be a late repetition. */
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
