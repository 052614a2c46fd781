import type { ClientReference } from '../domain/clientKey.js';
import { dockerConfig } from '../domain/dockerConfig.js';
import { candidateSecretName } from '../domain/names.js';
import { formatTags, parseTags, type MadeByUs } from '../domain/secretTags.js';
import { isSamePassword, type SlotName } from '../domain/slots.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import type { SecretFacts } from '../ports/secretVault.js';
import { outcomeOf } from '../ports/outcomeOf.js';

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
 * idempotent, each call makes a new value. Source: azure-cli issue 11023.
 */
export function issueCredentials({ controlPlane, vault }: Ports) {
  return (input: IssueCredentialsInput): Promise<StepOutcome<IssuedCredential>> =>
    outcomeOf(async () => {
      const { reference, token, slot, expiresOn } = input;
      const name = candidateSecretName(reference);
      const earlier = await savedByThisAttempt(input, await vault.current(name));
      if (earlier) return done(earlier);

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

  async function savedByThisAttempt(
    { reference, token, slot, expiresOn, run, attempt, endpoint }: IssueCredentialsInput,
    candidate: SecretFacts | undefined,
  ): Promise<IssuedCredential | undefined> {
    const issued = candidate && parseTags(candidate.tags)?.issued;
    if (!issued || issued.run !== run || issued.attempt !== attempt) return undefined;
    const found = await controlPlane.getToken(reference.registry, token);
    const { slotCreatedAt } = issued;
    if (!found || !isSamePassword(found.slots, { slot, createdAt: slotCreatedAt })) return undefined;
    return { name: candidate.name, version: candidate.version, slot, slotCreatedAt, expiresOn, endpoint };
  }
}
