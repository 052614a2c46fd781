import type { OperationId } from './operationId.js';

/** Hexadecimal digits at the end of a client's key that tell one client from another. */
const HASH_LENGTH = 16;

/**
 * The instance of one revocation. Each has its own, beside the client's one run, so that none waits for anything, nor is
 * taken for another that was asked for earlier and has looked already.
 */
export function revocationInstance({ instance, run }: OperationId): string {
  return `rv-${instance.slice(-HASH_LENGTH)}-${run}`;
}
