import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Run } from './run.js';

/** Name of the orchestration that starts a run as soon as its client has no other run. */
export const START_WHEN_FREE = 'startWhenFree';

/** Input of that orchestration: the run to start. */
export interface WaitingRun extends Run {
  readonly kind: ClientOperationKind;
  /** Whether the client's present run is asked to stop. If not, the waiting run waits until it ends. */
  readonly preempts: boolean;
}

/** Prefix of instance ids by kind. Two letters, since the client's key leaves little room in an id (see clientKey). */
const PREFIX: Readonly<Record<ClientOperationKind, string>> = { onboard: 'wn', offboard: 'wf', rotate: 'wr' };

/** The kinds of runs that may wait for their client. */
export const WAITING_KINDS = Object.keys(PREFIX) as readonly ClientOperationKind[];

/** Prefixes of instances that are about a client but do not have its key as their id. */
export const WAITING_PREFIXES: readonly string[] = Object.values(PREFIX).map((prefix) => `${prefix}-`);

/** Instance id of a waiting run: one for each kind and client, so that equal requests share it. */
export function waitingInstance(kind: ClientOperationKind, client: ClientReference | string): string {
  return `${PREFIX[kind]}-${typeof client === 'string' ? client : clientKey(client)}`;
}
