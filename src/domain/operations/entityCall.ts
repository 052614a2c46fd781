import type { WorksFor } from './worksFor.js';

/**
 * A call of an entity: one of its operations with the request of that operation, so that a request cannot come with
 * another operation than its own.
 * @template Requests the request of each operation
 */
export type EntityCall<Requests, Operation extends keyof Requests = keyof Requests> = {
  readonly [Name in Operation]: { readonly operation: Name; readonly request: Requests[Name] & WorksFor };
}[Operation];
