import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { SecretListing, SecretVault } from '../../ports/secretVault.js';

/*
 * If a process dies after an activity and before the engine records its result, the engine calls the activity again
 * minutes later. By then its run may have ended and another may have followed. So activities compare what they would
 * create or roll back with the saved credentials (docs/decisions/0039-late-activities.md).
 */

/** One password that a run issues. A run issues another if the registry lost the previous one. */
export interface Issuing {
  readonly run: string;
  readonly attempt: number;
}

/** The newest version of a client's secret. It may be disabled. */
export interface SavedCredential extends CredentialTags {
  readonly name: string;
  readonly version: string;
  readonly isEnabled: boolean;
}

/** Reads the tags of the client's main secret and of its candidate. @throws ServiceError */
export async function savedCredentials(
  vault: SecretVault,
  reference: ClientReference,
): Promise<readonly SavedCredential[]> {
  const names = [mainSecretName(reference), candidateSecretName(reference)];
  const newest = await Promise.all(names.map((name) => vault.newest(name)));
  return credentialsIn(newest.filter((found) => found !== undefined));
}

/** The credentials in these secrets. */
export function credentialsIn(secrets: readonly SecretListing[]): readonly SavedCredential[] {
  return secrets.flatMap(({ name, version = '', tags, isEnabled }) => {
    const facts = parseTags(tags);
    return facts ? [{ ...facts, name, version, isEnabled }] : [];
  });
}

/** The credentials that later runs of the client saved. Run ids sort by time. @throws ServiceError */
export async function savedSince(
  vault: SecretVault,
  reference: ClientReference,
  run: string,
): Promise<readonly SavedCredential[]> {
  return (await savedCredentials(vault, reference)).filter(({ issued }) => issued.run > run);
}

/** Whether this attempt issued the credential. */
export function isOf({ issued }: CredentialTags, { run, attempt }: Issuing): boolean {
  return issued.run === run && issued.attempt === attempt;
}
