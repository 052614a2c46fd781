import { isFor, pruneAnnounced, withoutAnnouncement, type Expected } from './announcements.js';
import type { WorksFor } from '../operations/worksFor.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** A run's request to have its token bound. It ends when the run promotes, rolls back, or misses its deadline. */
export interface BindingRequest {
  readonly token: string;
  readonly run: string;
  /** ISO 8601. */
  readonly deadline: string;
  /** `bound`: the client list was read back and holds the token; `refused`: the service rejected it, for `reason`. */
  readonly state: 'open' | 'bound' | 'refused';
  readonly reason?: string;
}

/** A token to remove from the client list, because its run was rolled back or its client offboarded. */
type UnbindingRequest = Pick<BindingRequest, 'token' | 'run' | 'deadline'>;

/** State of one connected registry's binder: pending requests only. ARM holds the list of bound tokens. */
export interface BinderState extends Expected {
  readonly bindingRequests: readonly BindingRequest[];
  readonly unbindings: readonly UnbindingRequest[];
}

export const NO_REQUESTS: BinderState = { bindingRequests: [], unbindings: [] };

/** Input of every binder operation. `deadline` (ISO 8601): when the request expires. */
export interface BinderRequest extends WorksFor {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly token: string;
  readonly run: string;
  readonly deadline: string;
}

/** Name of the entity, in lower case: the engine lower-cases entity names in some places and not in others. */
export const BINDER = 'binder';

/** The binder entity's key. Both names hold only letters and digits, and ARM ignores their case. */
export function binderKey(registry: string, connectedRegistry: string): string {
  return `${registry}.${connectedRegistry}`.toLowerCase();
}

/** Operations of the binder; see src/entities/binder.ts. */
export type BinderOperation =
  'announce' | 'request' | 'ensure' | 'ensureAgain' | 'complete' | 'unbind' | 'forceUnbind' | 'ensureUnbound';

/** Removes requests past their deadline. */
export function prune(state: BinderState, now: Date): BinderState {
  const open = (item: { deadline: string }) => new Date(item.deadline) > now;
  return {
    ...pruneAnnounced(state, now),
    bindingRequests: state.bindingRequests.filter(open),
    unbindings: state.unbindings.filter(open),
  };
}

/** The binding request of the same run and token, if any. */
export function findRequest(state: BinderState, request: BinderRequest): BindingRequest | undefined {
  return state.bindingRequests.find(isFor(request));
}

/** Adds a binding request once. Pending unbindings of the same token are cancelled: this run has adopted it. */
export function addRequest(state: BinderState, request: BinderRequest): BinderState {
  const { token, run, deadline } = request;
  if (findRequest(state, request)) return state;
  return {
    ...withoutAnnouncement(state, request),
    bindingRequests: [...state.bindingRequests, { token, run, deadline, state: 'open' }],
    unbindings: state.unbindings.filter((unbinding) => !sameName(unbinding.token, token)),
  };
}

/** Removes a binding request. The client list is not changed. */
export function endRequest(state: BinderState, request: BinderRequest): BinderState {
  return {
    ...withoutAnnouncement(state, request),
    bindingRequests: state.bindingRequests.filter((bindingRequest) => !isFor(request)(bindingRequest)),
  };
}

/** Replaces a binding request by an unbinding of its token, unless another run has requested that token. */
export function addUnbinding(state: BinderState, request: BinderRequest): BinderState {
  const ended = endRequest(state, request);
  const { bindingRequests, unbindings } = ended;
  const { token, run, deadline } = request;
  const wanted = bindingRequests.some((bindingRequest) => sameName(bindingRequest.token, token));
  if (wanted || unbindings.some(isFor(request))) return ended;
  return { ...ended, unbindings: [...unbindings, { token, run, deadline }] };
}

/** Adds an unbinding whether or not runs have requested the token: a lost run may have left its request behind. */
export function addForcedUnbinding(state: BinderState, request: BinderRequest): BinderState {
  const bindingRequests = state.bindingRequests.filter(
    (bindingRequest) => !sameName(bindingRequest.token, request.token),
  );
  return addUnbinding({ ...state, bindingRequests }, request);
}

/** Whether an unbinding of the request's token is pending. */
export function hasUnbinding(state: BinderState, request: BinderRequest): boolean {
  return state.unbindings.some((unbinding) => sameName(unbinding.token, request.token));
}

/** Marks a binding request as open again, so that the next `ensure` reads the client list again. */
export function reopen(state: BinderState, request: BinderRequest): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.map((bindingRequest) =>
      isFor(request)(bindingRequest) ? { ...bindingRequest, state: 'open' } : bindingRequest,
    ),
  };
}

/** Marks a binding request as refused. @param reason the service's answer. */
export function refuse(state: BinderState, bindingRequest: BindingRequest, reason: string): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.map((item) =>
      isFor(bindingRequest)(item) ? { ...item, state: 'refused', reason } : item,
    ),
  };
}

interface ListPlan {
  /** The current list without the tokens to unbind. */
  readonly base: readonly string[];
  /** Requests to add, oldest first, up to the cap. */
  readonly add: readonly BindingRequest[];
  /** Requests that exceed the cap. */
  readonly overCap: readonly BindingRequest[];
  /** True if the list needs no change, apart from requests over the cap. */
  readonly isComplete: boolean;
}

/**
 * Plans the client list. Keeps current entries, also those that others added, except tokens to unbind.
 * @param current the client list as ARM has it
 * @param cap clients that one connected registry may have
 */
export function planList(state: BinderState, current: readonly string[], cap: number): ListPlan {
  const base = current.filter((token) => !state.unbindings.some((unbinding) => sameName(unbinding.token, token)));
  const missing = state.bindingRequests.filter(
    (bindingRequest, index, all) =>
      bindingRequest.state !== 'refused' &&
      !base.some((token) => sameName(token, bindingRequest.token)) &&
      all.findIndex((other) => other.state !== 'refused' && sameName(other.token, bindingRequest.token)) === index,
  );
  const room = Math.max(0, cap - base.length);
  return {
    base,
    add: missing.slice(0, room),
    overCap: missing.slice(room),
    isComplete: missing.slice(0, room).length === 0 && base.length === current.length,
  };
}

/** Updates the state after the client list was read and found to match the plan. */
export function markBound(state: BinderState, current: readonly string[]): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.map((bindingRequest) =>
      bindingRequest.state === 'open' && current.some((token) => sameName(token, bindingRequest.token))
        ? { ...bindingRequest, state: 'bound' }
        : bindingRequest,
    ),
    unbindings: [],
  };
}
