import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { WorksFor } from '../operations/worksFor.js';
import { decidedAfter } from '../times/decidedAfter.js';

/** The Entra identity that polls a client's messages. Times are ISO 8601. */
export interface Poller {
  /** Object id, in lower case. */
  readonly objectId: string;
  readonly since: string;
  /** The client's names, for the index of pollers: its record has no others. */
  readonly client: ClientReference;
  /** Its last request for messages, to within an hour. */
  readonly lastContactAt?: string;
}

/** What a client's record keeps about its poller. */
export interface Polling {
  /**
   * When the poller was last set or ended (ISO 8601). A decision that is not newer, and comes late or twice, is
   * ignored.
   */
  readonly decidedAt: string;
  readonly current?: Poller;
  /**
   * Object id of the current poller, or of the last one. An event may name it again after a revocation or an
   * offboarding.
   */
  readonly last?: string;
}

/** The part of a client's record that is about its poller. */
export interface PollingState {
  readonly polling?: Polling;
}

/** What preflight and the flows need to know of it. */
export interface RecordedPoller {
  /** Object id of the current poller. */
  readonly current?: string;
  /** As {@link Polling.last}. */
  readonly last?: string;
  /** As {@link Polling.decidedAt}. */
  readonly decidedAt: string;
}

/** A poller that a run or an operator sets at a time. */
export interface SetPoller extends Pick<Poller, 'objectId' | 'client'> {
  /** ISO 8601. */
  readonly at: string;
}

/** What a run's plan for the poller is based on. Operators, who decide at the moment, have none. */
export interface PlannedAfter {
  /** As {@link Polling.decidedAt}, when the run read it; absent if there was no decision yet. */
  readonly decidedAt?: string;
}

/** Takes back what {@link SetPoller} did, if it is still so. */
export interface UndonePoller extends Pick<Poller, 'objectId' | 'client'> {
  /** The time at which it was set. */
  readonly setAt: string;
  /** ISO 8601. */
  readonly at: string;
  /** The poller before, which is set again. */
  readonly former?: string;
}

/** Operations of a client's record about its poller, with their input. */
export interface PollingRequests {
  /**
   * Refused if the client was revoked after `effectiveAt`, the time of the request (ISO 8601), and if somebody else has
   * set or ended the poller since it was planned.
   */
  readonly setPoller: WorksFor & SetPoller & { readonly effectiveAt: string; readonly planned?: PlannedAfter };
  readonly undoPoller: WorksFor & UndonePoller;
  /** An operator removes the poller, and with it what an event may name again. */
  readonly withdrawPoller: WorksFor & { readonly at: string };
  /**
   * The index lists the client for an identity that polls, and the record does not agree: the record corrects the
   * index.
   */
  readonly confirmPoller: WorksFor & Pick<Poller, 'objectId' | 'client' | 'since'>;
  /** The poller has asked for messages. */
  readonly notePolled: WorksFor & { readonly objectId: string; readonly at: string };
}

const isAfter = (one: string, other: string): boolean => new Date(one) > new Date(other);

/**
 * Sets the poller, unless it was set or ended later. Two pollers of one instant are ordered by their ids, in any order
 * of arrival.
 */
export function setPoller<State extends PollingState>(state: State, { objectId, client, at }: SetPoller): State {
  const { polling } = state;
  if (polling !== undefined && !isAfter(at, polling.decidedAt) && !isLaterOfInstant(polling, objectId, at))
    return state;
  return { ...state, polling: { decidedAt: at, current: { objectId, since: at, client }, last: objectId } };
}

function isLaterOfInstant({ decidedAt, current }: Polling, objectId: string, at: string): boolean {
  return decidedAt === at && current?.since === at && objectId > current.objectId;
}

/** Whether the poller is the one that was set at this time. */
export function isSet({ polling }: PollingState, { objectId, at }: Pick<SetPoller, 'objectId' | 'at'>): boolean {
  const current = polling?.current;
  return current?.objectId === objectId && current.since === at;
}

/**
 * Whether nobody has set or ended the poller since it was planned. Days may lie between: a run waits until its
 * connected registry is active. Its request, what an event may name, and the poller that its undo sets again all depend
 * on what it read then.
 */
export function isAsPlanned({ polling }: PollingState, planned: PlannedAfter | undefined): boolean {
  return planned === undefined || polling?.decidedAt === planned.decidedAt;
}

/**
 * Takes back a poller that a failed run set; a later decision stays. It also holds for a poller that was never set, and
 * then keeps the run's own request from setting it late.
 */
export function undoPoller<State extends PollingState>(state: State, undone: UndonePoller): State {
  const { objectId, client, setAt, former } = undone;
  const at = decidedAfter(setAt, undone.at);
  if (isSet(state, { objectId, at: setAt })) {
    if (former === undefined) return endPoller(state, at);
    return { ...state, polling: { decidedAt: at, current: { objectId: former, since: at, client }, last: former } };
  }
  const { polling } = state;
  if (polling !== undefined && isAfter(polling.decidedAt, setAt)) return state;
  return { ...state, polling: { ...polling, decidedAt: setAt } };
}

/**
 * Ends the poller at once, whenever it was set: nobody polls for a client that is revoked or offboarded.
 * @param at ISO 8601
 */
export function endPoller<State extends PollingState>(state: State, at: string): State {
  if (state.polling === undefined) return { ...state, polling: { decidedAt: at } };
  const { decidedAt, current: _current, ...kept } = state.polling;
  return { ...state, polling: { ...kept, decidedAt: isAfter(decidedAt, at) ? decidedAt : at } };
}

/**
 * Removes the poller, unless it was set later. Nobody may name the last one again but an operator.
 * @param at ISO 8601
 */
export function withdrawPoller<State extends PollingState>(state: State, at: string): State {
  const { polling } = state;
  if (polling !== undefined && isAfter(polling.decidedAt, at)) return state;
  return { ...state, polling: { decidedAt: at } };
}

/** Another device has come in its place, and polls by no identity: no event may name the last poller again. */
export function forgetLast<State extends PollingState>(state: State): State {
  const { polling } = state;
  if (polling === undefined || polling.current !== undefined || polling.last === undefined) return state;
  return { ...state, polling: { decidedAt: polling.decidedAt } };
}

/** Records that the poller asked for messages at `at` (ISO 8601). */
export function notePolled<State extends PollingState>(state: State, objectId: string, at: string): State {
  const { polling } = state;
  const current = polling?.current;
  if (polling === undefined || current?.objectId !== objectId) return state;
  if (current.lastContactAt !== undefined && !isAfter(at, current.lastContactAt)) return state;
  return { ...state, polling: { ...polling, current: { ...current, lastContactAt: at } } };
}

/** What preflight and the flows need to know of the poller. */
export function pollerIn({ decidedAt, current, last }: Polling): RecordedPoller {
  return {
    decidedAt,
    ...(current === undefined ? {} : { current: current.objectId }),
    ...(last === undefined ? {} : { last }),
  };
}
