import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { WorksFor } from '../operations/worksFor.js';
import { done, failed, type StepOutcome } from '../operations/stepOutcome.js';
import type { Poller, PollingState } from './poller.js';

/** Maximum clients of one poller: each request for messages reads the run and the record of each. */
export const MAX_POLLED = 20;

const POLLER_IS_FULL = `the poller has the maximum of ${MAX_POLLED} clients already`;

/**
 * Removals that the index remembers. An older one that comes late costs one of the places, until the poller's next
 * request.
 */
const MAX_REMOVALS = 50;

/** Name of the entity, in lower case, since entities signal it: such a signal reaches no other spelling. */
export const POLLER_INDEX = 'poller';

/** A client of the poller. */
export interface PolledClient {
  readonly client: ClientReference;
  /** Since when, by the client's record (ISO 8601). */
  readonly since: string;
}

/**
 * The clients whose records name one Entra identity as their poller; the entity's key is its object id. It only finds
 * records: whether the identity may poll for a client, the client's record says.
 */
export interface PollerIndexState {
  readonly clients: readonly PolledClient[];
  /** Clients that were removed, the latest last: an addition that is not newer has come late. */
  readonly removed: readonly { readonly key: string; readonly at: string }[];
}

export const NO_CLIENTS: PollerIndexState = { clients: [], removed: [] };

/** Input of each operation. Additions and removals may come late, twice and in any order. */
export interface PollerIndexRequests {
  readonly add: WorksFor & PolledClient;
  /** Removes the client if it was added at this time (ISO 8601) or before. */
  readonly remove: WorksFor & { readonly client: ClientReference; readonly at: string };
}
export type PollerIndexOperation = keyof PollerIndexRequests;

/** A signal to the index of a poller, without on whose behalf it is sent. */
export type PollerSignal = {
  readonly [Operation in PollerIndexOperation]: {
    readonly objectId: string;
    readonly operation: Operation;
    readonly request: Omit<PollerIndexRequests[Operation], 'by'>;
  };
}[PollerIndexOperation];

interface IndexAnswer {
  readonly state: PollerIndexState;
  readonly outcome: StepOutcome<object>;
}

const isAfter = (one: string, other: string): boolean => new Date(one) > new Date(other);

/**
 * Adds a client, which keeps its place if it is listed. One too many is listed, too, since the index must find what a
 * record says: whoever sets the poller takes that back.
 * @returns the outcome `poller-full` for a client that has none of the places
 */
export function addPolled(state: PollerIndexState, { client, since }: PolledClient): IndexAnswer {
  const key = clientKey(client);
  const isOf = (one: PolledClient): boolean => clientKey(one.client) === key;
  if (state.removed.some((one) => one.key === key && !isAfter(since, one.at))) return { state, outcome: done({}) };
  const known = state.clients.find(isOf);
  const clients =
    known === undefined
      ? [...state.clients, { client, since }]
      : state.clients.map((one) => (isOf(one) && isAfter(since, one.since) ? { client, since } : one));
  const outcome = clients.findIndex(isOf) < MAX_POLLED ? done({}) : failed('poller-full', POLLER_IS_FULL);
  return { state: { ...state, clients }, outcome };
}

/** Removes a client, unless it was added later. */
export function removePolled(
  state: PollerIndexState,
  { client, at }: Omit<PollerIndexRequests['remove'], 'by'>,
): PollerIndexState {
  const key = clientKey(client);
  const known = state.removed.find((one) => one.key === key);
  if (known !== undefined && !isAfter(at, known.at)) return state;
  const removed = [...state.removed.filter((one) => one.key !== key), { key, at }];
  return {
    clients: state.clients.filter((one) => clientKey(one.client) !== key || isAfter(one.since, at)),
    removed: removed.sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).slice(-MAX_REMOVALS),
  };
}

/** Whether the client is listed. */
export function lists({ clients }: PollerIndexState, client: ClientReference): boolean {
  const key = clientKey(client);
  return clients.some((one) => clientKey(one.client) === key);
}

/** Whether the poller may get this client, too. */
export function hasRoom({ clients }: PollerIndexState, client: ClientReference): boolean {
  const key = clientKey(client);
  return clients.filter((one) => clientKey(one.client) !== key).length < MAX_POLLED;
}

/**
 * The signals to the indexes after a client's record has changed. The record's entity sends it, so that the engine
 * keeps both or neither.
 */
export function pollerSignals({ polling: before }: PollingState, { polling: after }: PollingState): PollerSignal[] {
  const [earlier, present] = [before?.current, after?.current];
  if (earlier?.objectId === present?.objectId && earlier?.since === present?.since) return [];
  const leaves = earlier !== undefined && earlier.objectId !== present?.objectId;
  return [
    ...(leaves && after ? [removal(earlier, after.decidedAt)] : []),
    ...(present === undefined ? [] : [addition(present)]),
  ];
}

/** The signal that makes the index of an identity list the client as of `since`. */
export function confirmation(
  { polling }: PollingState,
  listed: Pick<Poller, 'objectId' | 'client' | 'since'>,
): PollerSignal {
  const current = polling?.current;
  return current?.objectId === listed.objectId ? addition(current) : removal(listed, listed.since);
}

function addition({ objectId, client, since }: Pick<Poller, 'objectId' | 'client' | 'since'>): PollerSignal {
  return { objectId, operation: 'add', request: { client, since } };
}

function removal({ objectId, client }: Pick<Poller, 'objectId' | 'client'>, at: string): PollerSignal {
  return { objectId, operation: 'remove', request: { client, at } };
}
