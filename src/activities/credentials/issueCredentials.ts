import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags, type MadeByUs } from '@connected-registry/protocol/names/secretTags';
import { isLive, isSamePassword, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { isRequested, passwordExpiry } from '../../domain/tokens/requestedPassword.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { credentialsIn, isOf, type SavedCredential } from './laterRun.js';

/** Input of {@link issueCredentials}. */
export interface IssueCredentialsInput extends InVault {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  /** Chosen once, by the plan: choosing again in a repetition could overwrite the live password. */
  readonly slot: SlotName;
  /** host:port that the secret is for. */
  readonly endpoint: string;
  /** ISO 8601; also chosen once. */
  readonly expiresOn: string;
  readonly run: string;
  readonly attempt: number;
  readonly made: MadeByUs;
  /** Version of the main secret at the time of the plan. */
  readonly mainVersion?: string;
  /**
   * For a token that is adopted: when the passwords were made (ISO 8601) that this run has issued before. Another one
   * that works in the slot is somebody else's, and perhaps in use.
   */
  readonly adopts?: { readonly issued: readonly string[] };
}

/** The credential as the orchestration knows it: where it is kept, never the password. */
export interface IssuedCredential {
  readonly name: string;
  readonly version: string;
  readonly slot: SlotName;
  readonly slotCreatedAt: string;
  readonly expiresOn: string;
  /** host:port that the secret is for. */
  readonly endpoint?: string;
  /** Present if the candidate secret has no other version: then no other is to be disabled. */
  readonly isOnlyVersion?: true;
}

/**
 * Generates a slot's password and saves it as the candidate secret. One activity does both, so that the password stays
 * in this process's memory. Generating is not idempotent: each call creates a new password (source: azure-cli issue
 * 11023). So a repetition first searches for the secret that an earlier call for the same attempt saved. A late
 * repetition finds it disabled or replaced and generates nothing, since the slot's password may be in use by now. Where
 * the run is no longer at work, the main secret shows whether a later one has promoted.
 */
export function issueCredentials({ controlPlane, vaults }: Ports) {
  return (input: IssueCredentialsInput, runs?: Pick<Runs, 'present'>): Promise<StepOutcome<IssuedCredential>> =>
    outcomeOf(async () => {
      const { reference, token, slot, expiresOn } = input;
      const vault = vaults.of(input.vaultHost);
      const name = candidateSecretName(reference);
      const saved = await vault.newest(name);
      const known = credentialsIn(saved ? [saved] : []);
      const own = known.find((found) => found.name === name && isOf(found, input));
      if (own && (!own.isEnabled || (await stands(input, own)))) return done(issuedAs(own, input));
      // A client has one run at a time: while this one is at work, no later one can have promoted.
      const main = (await isAtWork(input, runs)) ? undefined : await vault.newest(mainSecretName(reference));
      if ([...known, ...credentialsIn(main ? [main] : [])].some((found) => hasContinued(found, input)))
        return failed(
          'secret-changed',
          `secret ${name} was replaced by this run or a later one while this request was pending`,
        );

      if (await isFilledByOthers(input, own))
        return failed('token-changed', `somebody else filled ${slot} of token ${token} during this run`);

      const password = await controlPlane.generatePassword(reference.registry, token, slot, passwordExpiry(expiresOn));
      const stored = await vault.store(name, dockerConfig(input.endpoint, password.userName, password.value), {
        expiresOn,
        tags: formatTags({
          ...reference,
          token,
          scopeMap: input.scopeMap,
          slot,
          expiresOn,
          issued: {
            run: input.run,
            attempt: input.attempt,
            slotCreatedAt: password.createdAt,
            endpoint: input.endpoint,
          },
          made: input.made,
        }),
      });
      const { endpoint } = input;
      const isOnly = !stored.isRecovered && saved === undefined;
      const only = isOnly ? { isOnlyVersion: true as const } : {};
      return done({
        name,
        version: stored.version,
        slot,
        slotCreatedAt: password.createdAt,
        expiresOn,
        endpoint,
        ...only,
      });
    });

  /**
   * Whether the slot of an adopted token holds a password that works and that this run did not issue. One that an
   * earlier call for this attempt has generated and could not save is the run's own. Reads the token also before the
   * first password: this activity may have waited for the vault since ensureToken found the slot free.
   */
  async function isFilledByOthers(
    { reference, token, slot, adopts, expiresOn }: IssueCredentialsInput,
    own: SavedCredential | undefined,
  ): Promise<boolean> {
    if (!adopts) return false;
    const issued = [...adopts.issued, ...(own ? [own.issued.slotCreatedAt] : [])];
    const slots = (await controlPlane.getToken(reference.registry, token))?.slots ?? {};
    if (!isLive(slots[slot], new Date()) || isRequested(slots[slot], [expiresOn])) return false;
    return !issued.some((createdAt) => isSamePassword(slots, { slot, createdAt }));
  }

  /** Whether the slot still holds the saved password. Somebody may have generated another. */
  async function stands(
    { reference, token, slot }: IssueCredentialsInput,
    { issued }: SavedCredential,
  ): Promise<boolean> {
    const found = await controlPlane.getToken(reference.registry, token);
    return found !== undefined && isSamePassword(found.slots, { slot, createdAt: issued.slotCreatedAt });
  }
}

/** Whether the engine says that this very run is at work. False also when it says nothing. */
async function isAtWork({ reference, run }: IssueCredentialsInput, runs?: Pick<Runs, 'present'>): Promise<boolean> {
  const present = await runs?.present(reference).catch(() => undefined);
  return present !== undefined && present.id.run === run && !present.hasEnded;
}

/** Whether a secret shows that the run is past this attempt, or that another run has promoted since. */
function hasContinued(found: SavedCredential, input: IssueCredentialsInput): boolean {
  const { run, attempt } = found.issued;
  const isMain = found.name === mainSecretName(input.reference);
  if (run === input.run) return attempt > input.attempt || (isMain && attempt === input.attempt);
  // A run that waited has an id from before its wait, so the version that its plan found does not count.
  return isMain && found.version !== input.mainVersion && run > input.run;
}

function issuedAs(
  { name, version, issued: { slotCreatedAt } }: SavedCredential,
  { slot, expiresOn, endpoint }: IssueCredentialsInput,
): IssuedCredential {
  return { name, version, slot, slotCreatedAt, expiresOn, endpoint };
}
