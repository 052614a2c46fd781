import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import type { GrantedSecrets, HeldAccess } from './heldAccess.js';

/** What an onboarding does about who may read the client's secrets. */
export interface PlannedAccess extends DeviceIdentity {
  /** Resource id of the vault. */
  readonly vault: string;
  /** Names of the client's secrets that the principal may not read yet. */
  readonly missing: readonly string[];
  /** Names of the client's secrets that the principal may read by an assignment that others made. */
  readonly foreign: readonly string[];
  /**
   * Assignments of other principals, or in another vault, that this app made. They are removed when the run has
   * succeeded.
   */
  readonly former: readonly Pick<GrantedSecrets, 'principalId' | 'made'>[];
  /** Whether the client's record has this identity. */
  readonly isRecorded: boolean;
}

/** An assignment, in the words of answers. */
export function assignmentText(secret: string, principalId: string): string {
  return `read access of ${principalId} to secret ${secret}`;
}

/** The same for assignments of several principals. */
export function grantTexts(grants: readonly GrantedSecrets[]): string[] {
  return grants.flatMap(({ principalId, made }) => made.map((secret) => assignmentText(secret, principalId)));
}

/** Access of the client's identity that this app did not give, and therefore leaves. */
export function othersAccess({ identity, grants }: HeldAccess, reference: ClientReference): string[] {
  if (identity === undefined) return [];
  const { principalId } = identity;
  const ours = grants.filter((one) => one.principalId === principalId).flatMap(({ made }) => made);
  return [mainSecretName(reference), candidateSecretName(reference)]
    .filter((secret) => !ours.includes(secret))
    .map((secret) => `${assignmentText(secret, principalId)}: kept if it exists, because this app did not give it`);
}
