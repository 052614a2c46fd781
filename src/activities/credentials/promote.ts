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
import { ServiceError, type ServiceErrorKind } from '../../serviceErrors/serviceError.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

/** Input of {@link promote}. The candidate has passed the pull check `pull`. */
export interface PromoteInput extends InVault {
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
 * Maximum age, in milliseconds, of a read of the client list that several promotions share. The read must also have
 * started after the candidate's pull, so that it shows every token that was unbound between the pull and the read.
 */
const SEEN_MILLISECONDS = 2_000;

/** Errors with which the vault refuses to read a disabled or deleted version. */
const UNREADABLE: readonly ServiceErrorKind[] = ['forbidden', 'notFound', 'refused'];

/** Maximum promotions that a process remembers. */
const MAX_STARTED = 1_000;

/**
 * Promotions that this process started and did not complete. Only their repetitions read the main secret first. If
 * another process started a promotion, its disabled candidate shows that. If that process died before it disabled the
 * candidate, the main secret gets a second version with the same content.
 */
function createStarted() {
  const keys = new Set<string>();
  const keyOf = ({ run, attempt, token }: PromoteInput) => `${run} ${attempt} ${token}`;
  return {
    has: (input: PromoteInput) => keys.has(keyOf(input)),
    delete: (input: PromoteInput) => keys.delete(keyOf(input)),
    add: (input: PromoteInput) => {
      if (keys.size >= MAX_STARTED) keys.clear();
      keys.add(keyOf(input));
    },
  };
}

/**
 * Copies the verified candidate to the main secret, then disables the candidate and those that failed earlier runs
 * kept. If the binding is gone, nothing is promoted, and the orchestration binds again first. A repetition recognises
 * its own version by run and attempt and completes the work, even if the binding was removed since.
 */
export function promote({ vaults }: Pick<Ports, 'vaults'>, reads: SharedReads) {
  const started = createStarted();

  return (input: PromoteInput): Promise<StepOutcome<PromoteResult>> =>
    outcomeOf(async () => {
      const { reference } = input;
      const name = mainSecretName(reference);
      const connectedRegistry = await reads.connectedRegistry(reference.registry, reference.connectedRegistry, {
        after: new Date(input.pull.verifiedAt),
        age: SEEN_MILLISECONDS,
      });
      const mayCopy = isBound(connectedRegistry, input.token);
      const promoted = mayCopy && !started.has(input) ? undefined : await findPromoted(input, name);
      if (!promoted && !connectedRegistry)
        return failed(
          'connected-registry-not-found',
          `connected registry ${reference.connectedRegistry} was deleted during this run`,
        );
      if (!promoted && !mayCopy) return done({ promoted: false });

      started.add(input);
      const { version } = promoted ?? (await copyOrFind(input, name));
      await hideCandidates(input);
      started.delete(input);
      return done({ promoted: true, name, version });
    });

  /** The version of the main secret that an earlier call for the same attempt has made. */
  async function findPromoted(input: PromoteInput, name: string): Promise<SecretFacts | undefined> {
    const main = await vaults.of(input.vaultHost).current(name);
    return main && isPromotedBy(input, main) ? main : undefined;
  }

  /** A candidate that is disabled or gone cannot be copied: perhaps an earlier call has promoted it. */
  async function copyOrFind(input: PromoteInput, name: string): Promise<Pick<SecretFacts, 'version'>> {
    try {
      return await copyToMain(input, name);
    } catch (error) {
      if (!(error instanceof ServiceError) || !UNREADABLE.includes(error.kind)) throw error;
      const promoted = await findPromoted(input, name);
      if (promoted) return promoted;
      throw error;
    }
  }

  /** Keeps candidates of later runs, since this may be a late repetition. */
  async function hideCandidates({ vaultHost, credential, run, attempt }: PromoteInput): Promise<void> {
    const vault = vaults.of(vaultHost);
    if (credential.isOnlyVersion) return vault.disable(credential);
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
    return vaults.of(input.vaultHost).copy(credential, name, {
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
