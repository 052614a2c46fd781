import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Announcement, BinderRequest, BinderState } from './bindingRequests.js';

/*
 * One write of the client list binds all tokens that are requested by then. A run announces its request before it creates its
 * token; runs that are ready sooner let it come, for a bounded time (docs/decisions/0004-one-writer-of-the-client-list.md).
 */

/** How long an announced run is waited for, in milliseconds. Azure takes up to eleven seconds to create a token. */
const ANNOUNCED_FOR = 60_000;

/** How long runs that are ready wait at most for announced ones, in milliseconds. */
const MAX_GATHERING = 15_000;

/** How long no run that waits asks again, in seconds. */
export const GATHERING_SECONDS = 2;

type OfRun = Pick<BinderRequest, 'token' | 'run'>;

/** Whether an item of the binder's state is of this run and token. */
export const isFor = (request: OfRun) => (item: OfRun) =>
  item.run === request.run && sameName(item.token, request.token);

/** A run will request a binding. Once it has done so, an announcement that comes late changes nothing. */
export function announce(state: BinderState, { token, run }: BinderRequest, now: Date): BinderState {
  const { announced = [], bindingRequests } = state;
  if ([...announced, ...bindingRequests].some(isFor({ token, run }))) return state;
  return { ...state, announced: [...announced, { token, run, at: now.toISOString() }] };
}

/** A run has requested its binding, or will not. */
export function withoutAnnouncement(state: BinderState, request: BinderRequest): BinderState {
  return withAnnounced(state, (item) => !isFor(request)(item));
}

/** Removes announcements of runs that did not request their binding in time. */
export function pruneAnnounced(state: BinderState, now: Date): BinderState {
  return withAnnounced(state, ({ at }) => now.getTime() - new Date(at).getTime() < ANNOUNCED_FOR);
}

/** Waits for announced runs: the new state; undefined when there are none, or when runs have waited long enough. */
export function gather(state: BinderState, now: Date): BinderState | undefined {
  const { announced = [], gatheringSince = now.toISOString() } = state;
  if (announced.length === 0) return undefined;
  if (now.getTime() - new Date(gatheringSince).getTime() >= MAX_GATHERING) return undefined;
  return { ...state, gatheringSince };
}

/** The list is written now: whoever comes later begins to wait anew. */
export function endGathering({ gatheringSince: _, ...state }: BinderState): BinderState {
  return state;
}

function withAnnounced(
  { announced = [], ...state }: BinderState,
  keep: (item: Announcement) => boolean,
): BinderState {
  const kept = announced.filter(keep);
  return kept.length === 0 ? state : { ...state, announced: kept };
}
