import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { formatTags, type MadeByUs } from '@connected-registry/protocol/names/secretTags';
import { isSamePassword, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { isOf, savedCredentials, type SavedCredential } from './laterRun.js';

export interface IssueCredentialsInput {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  /** Chosen once by the orchestrator: choosing anew in a repetition could hit the live password. */
  readonly slot: SlotName;
  readonly endpoint: string;
  /** ISO 8601; also fixed once. */
  readonly expiresOn: string;
  readonly run: string;
  readonly attempt: number;
  readonly made: MadeByUs;
  /** The main secret's version that the plan saw. */
  readonly mainVersion?: string;
}

/** The credential as the flow knows it: where it is kept, never what it is. */
export interface IssuedCredential {
  readonly name: string;
  readonly version: string;
  readonly slot: SlotName;
  readonly slotCreatedAt: string;
  readonly expiresOn: string;
  /** host:port that the secret is for. */
  readonly endpoint?: string;
}

/** The password outlives the secret's own expiry by this much, so that a reader on the last day is not cut off. */
const GRACE_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Generates one slot's password and saves it as the candidate secret, in one activity, so that the password is in this
 * memory only. A repetition first looks for what an earlier try of the same attempt saved: generating is not
 * idempotent, each call makes a new value (source: azure-cli issue 11023). One that comes late finds it disabled, or a later
 * credential in its place, and generates nothing: the slot's password may be the one in use by now.
 */
export function issueCredentials({ controlPlane, vault }: Ports) {
  return (input: IssueCredentialsInput): Promise<StepOutcome<IssuedCredential>> =>
    outcomeOf(async () => {
      const { reference, token, slot, expiresOn } = input;
      const name = candidateSecretName(reference);
      const known = await savedCredentials(vault, reference);
      const own = known.find((found) => found.name === name && isOf(found, input));
      if (own && (!own.isEnabled || (await stands(input, own)))) return done(issuedAs(own, input));
      if (known.some((found) => hasGoneOn(found, input)))
        return failed(
          'secret-changed',
          `${name}: the run, or a later one, has gone on while this request was on its way`,
        );

      const expiresAt = new Date(new Date(expiresOn).getTime() + GRACE_MILLISECONDS);
      const password = await controlPlane.generatePassword(reference.registry, token, slot, expiresAt);
      const saved = await vault.store(name, dockerConfig(input.endpoint, password.userName, password.value), {
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
      return done({ name, version: saved.version, slot, slotCreatedAt: password.createdAt, expiresOn, endpoint });
    });

  /** Somebody may have generated over the slot since. */
  async function stands(
    { reference, token, slot }: IssueCredentialsInput,
    { issued }: SavedCredential,
  ): Promise<boolean> {
    const found = await controlPlane.getToken(reference.registry, token);
    return found !== undefined && isSamePassword(found.slots, { slot, createdAt: issued.slotCreatedAt });
  }
}

/** Whether a secret tells that the run is beyond this attempt, or that it has ended and another has promoted since. */
function hasGoneOn(found: SavedCredential, input: IssueCredentialsInput): boolean {
  const { run, attempt } = found.issued;
  const isMain = found.name === mainSecretName(input.reference);
  if (run === input.run) return attempt > input.attempt || (isMain && attempt === input.attempt);
  // A run that waited for others has an id from before it waited, so what the plan saw does not count.
  return isMain && found.version !== input.mainVersion && run > input.run;
}

function issuedAs(
  { name, version, issued: { slotCreatedAt } }: SavedCredential,
  { slot, expiresOn, endpoint }: IssueCredentialsInput,
): IssuedCredential {
  return { name, version, slot, slotCreatedAt, expiresOn, endpoint };
}
