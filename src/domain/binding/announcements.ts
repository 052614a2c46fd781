import { sameName } from '@connected-registry/protocol/names/sameName';
import { isYounger } from '../times/isYounger.js';

/*
 * One write of the client list binds all tokens that have been requested so far. A run announces its request before it
 * creates its token. Runs that are ready sooner wait for the announced ones, for a limited time
 * (docs/decisions/0004-one-writer-of-the-client-list.md).
 */

/** The part of the binder's state about announced runs. */
export interface Expected {
  /** Runs that will request a binding soon. Absent: none. */
  readonly announced?: readonly Announcement[];
  /** Since when runs have waited for announced ones (ISO 8601). Absent: no run waits. */
  readonly gatheringSince?: string;
}

/** A run and its token. */
interface OfRun {
  readonly token: string;
  readonly run: string;
}

/** A run that will request a binding once it has its token. */
interface Announcement extends OfRun {
  /** When it was announced (ISO 8601). */
  readonly at: string;
}

/** Milliseconds after which an announcement expires. */
const ANNOUNCED_FOR = 60_000;

/**
 * Maximum milliseconds that runs that are ready wait for announced ones. Azure takes up to eleven seconds for a token.
 */
const MAX_GATHERING = 15_000;

/** Seconds after which a run that waits asks again. */
export const GATHERING_SECONDS = 2;

/** Whether an item of the binder's state is of this run and token. */
export const isFor = (request: OfRun) => (item: OfRun) =>
  item.run === request.run && sameName(item.token, request.token);

/** Records that a run will request a binding. */
export function announce<State extends Expected>(state: State, { token, run }: OfRun, now: Date): State {
  const { announced = [] } = state;
  if (announced.some(isFor({ token, run }))) return state;
  return { ...state, announced: [...announced, { token, run, at: now.toISOString() }] };
}

/** Removes the announcement of a run that has requested its binding, or will not. */
export function withoutAnnouncement<State extends Expected>(state: State, request: OfRun): State {
  return withAnnounced(state, (item) => !isFor(request)(item));
}

/** Removes announcements of runs that did not request their binding in time. */
export function pruneAnnounced<State extends Expected>(state: State, now: Date): State {
  return withAnnounced(state, ({ at }) => isYounger(Date.parse(at), ANNOUNCED_FOR, now.getTime()));
}

/**
 * Decides whether to wait for announced runs.
 * @returns the state in which to wait; undefined if the list is to be written now
 */
export function gather<State extends Expected>(state: State, now: Date): State | undefined {
  const { announced = [], gatheringSince = now.toISOString() } = state;
  if (announced.length === 0) return undefined;
  if (!isYounger(Date.parse(gatheringSince), MAX_GATHERING, now.getTime())) return undefined;
  return { ...state, gatheringSince };
}

/** Ends the wait, since the list is written now. Runs that are ready later start a new wait. */
export function endGathering<State extends Expected>(state: State): State {
  if (state.gatheringSince === undefined) return state;
  const rest = { ...state };
  const waits: { gatheringSince?: unknown } = rest;
  delete waits.gatheringSince;
  return rest;
}

function withAnnounced<State extends Expected>(state: State, keep: (item: Announcement) => boolean): State {
  if (!state.announced) return state;
  const announced = state.announced.filter(keep);
  if (announced.length > 0) return { ...state, announced };
  const rest = { ...state };
  const none: { announced?: unknown } = rest;
  delete none.announced;
  return rest;
}
