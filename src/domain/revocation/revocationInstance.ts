import type { OperationId } from '@connected-registry/protocol/names/operationId';

/** Hexadecimal digits at the end of a client's key: its hash. */
const HASH_LENGTH = 16;

/** Prefix of the instance ids of all revocations. */
const PREFIX = 'rv-';

/** Prefix of the instance ids of one client's revocations, or of all. @param instance the client's key */
export function revocationPrefix(instance?: string): string {
  return instance === undefined ? PREFIX : `${PREFIX}${instance.slice(-HASH_LENGTH)}-`;
}

/**
 * Instance id of one revocation. Each revocation has its own instance, besides the client's run, so that it never waits
 * and never attaches to an earlier revocation that has searched for tokens already.
 */
export function revocationInstance({ instance, run }: OperationId): string {
  return `${revocationPrefix(instance)}${run}`;
}
