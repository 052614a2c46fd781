import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Run } from './run.js';

/** Name of the orchestration that starts a run as soon as no other one holds its client. */
export const START_WHEN_FREE = 'startWhenFree';

/** Input of that orchestration: the very run that it is to start. */
export interface WaitingRun extends Run {
  readonly kind: ClientOperationKind;
  /** Whether the run in the way is told to end; else it is waited for. */
  readonly preempts: boolean;
}

/** Two letters for each kind: an instance's id has room for few besides the client's key (see clientKey). */
const PREFIX: Readonly<Record<ClientOperationKind, string>> = { onboard: 'wn', offboard: 'wf', rotate: 'wr' };

/** The kinds of runs that may wait for their client. */
export const WAITING_KINDS = Object.keys(PREFIX) as readonly ClientOperationKind[];

/** What the ids of instances that are not a client's own begin with, though they are about it. */
export const WAITING_PREFIXES: readonly string[] = Object.values(PREFIX).map((prefix) => `${prefix}-`);

/** The instance that waits with a run of this kind: one a kind and client, so that equal wishes share it. */
export function waitingInstance(kind: ClientOperationKind, client: ClientReference | string): string {
  return `${PREFIX[kind]}-${typeof client === 'string' ? client : clientKey(client)}`;
}
