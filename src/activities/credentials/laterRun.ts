import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { SecretVault } from '../../ports/secretVault.js';

/*
 * The engine calls an activity again when a process dies between sending its result and forgetting the call, and that comes
 * minutes later: its run may have ended by then, and another may have followed. So what a run would make anew or take back
 * is compared with what is saved (docs/decisions/0039-activities-that-come-late.md).
 */

/** One password that a run makes: it makes another where the one before was lost behind its back. */
export interface Issuing {
  readonly run: string;
  readonly attempt: number;
}

/** A client's secret as its newest version is, which may be disabled. */
export interface SavedCredential extends CredentialTags {
  readonly name: string;
  readonly version: string;
  readonly isEnabled: boolean;
}

/** What the client's main secret and its candidate tell. @throws ServiceError */
export async function savedCredentials(
  vault: SecretVault,
  reference: ClientReference,
): Promise<readonly SavedCredential[]> {
  const names = [mainSecretName(reference), candidateSecretName(reference)];
  const newest = await Promise.all(names.map((name) => vault.newest(name)));
  return newest.flatMap((found) => {
    const facts = found && parseTags(found.tags);
    return facts ? [{ ...facts, name: found.name, version: found.version ?? '', isEnabled: found.isEnabled }] : [];
  });
}

/** Those that later runs of the client have saved; ids of runs sort by time. @throws ServiceError */
export async function savedSince(
  vault: SecretVault,
  reference: ClientReference,
  run: string,
): Promise<readonly SavedCredential[]> {
  return (await savedCredentials(vault, reference)).filter(({ issued }) => issued.run > run);
}

/** Whether a credential is of this very attempt. */
export function isOf({ issued }: CredentialTags, { run, attempt }: Issuing): boolean {
  return issued.run === run && issued.attempt === attempt;
}
