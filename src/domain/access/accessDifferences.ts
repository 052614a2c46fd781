import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { HeldAccess } from './heldAccess.js';

/** Role assignments on one secret. */
interface SecretReaders {
  readonly secret: string;
  readonly readers: readonly { readonly principalId: string; readonly id: string }[];
}

/**
 * How the access to a client's secrets differs from its record. A client without an identity gets its access from
 * others, so nothing is known to be missing or foreign.
 */
export function accessDifferences(held: HeldAccess | undefined, secrets: readonly SecretReaders[]): Difference[] {
  const principalId = held?.identity?.principalId;
  if (held === undefined || principalId === undefined) return [];
  const isExpected = (one: string): boolean =>
    one === principalId || held.grants.some((grant) => grant.principalId === one && grant.state === 'granting');
  const isMissing = secrets.some(({ readers }) => !readers.some((one) => one.principalId === principalId));
  return [
    ...(isMissing ? [{ code: 'access-missing', expected: principalId } as const] : []),
    ...secrets.flatMap(({ readers }) =>
      readers
        .filter((one) => !isExpected(one.principalId))
        .map(({ principalId: found, id }) => ({ code: 'access-foreign', found, assignment: id }) as const),
    ),
  ];
}

/** The readers of each secret, among all assignments on a vault's secrets. @param vault the vault's resource id */
export function readersOf(
  vault: string,
  secrets: readonly string[],
  assignments: readonly { readonly name: string; readonly secret: string; readonly principalId: string }[],
): SecretReaders[] {
  return secrets.map((secret) => ({
    secret,
    readers: assignments
      .filter((one) => sameName(one.secret, secret))
      .map(({ name, principalId }) => ({
        principalId,
        id: `${vault}/secrets/${secret}/providers/Microsoft.Authorization/roleAssignments/${name}`,
      })),
  }));
}
