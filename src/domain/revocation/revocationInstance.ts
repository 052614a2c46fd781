import type { OperationId } from '@connected-registry/protocol/names/operationId';

/** Hexadecimal digits at the end of a client's key that tell one client from another. */
const HASH_LENGTH = 16;

/** What the ids of all revocations begin with. */
const PREFIX = 'rv-';

/** What those of one client's begin with, or of all. @param instance the client's key. */
export function revocationPrefix(instance?: string): string {
  return instance === undefined ? PREFIX : `${PREFIX}${instance.slice(-HASH_LENGTH)}-`;
}

/**
 * The instance of one revocation. Each has its own, beside the client's one run, so that none waits for anything, nor is
 * taken for another that was asked for earlier and has looked already.
 */
export function revocationInstance({ instance, run }: OperationId): string {
  return `${revocationPrefix(instance)}${run}`;
}
