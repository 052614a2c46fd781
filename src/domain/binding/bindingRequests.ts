import type { WorksFor } from '../operations/worksFor.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** A run's wish to have its token bound; it ends when the run promotes, undoes, or misses its deadline. */
export interface BindingRequest {
  readonly token: string;
  readonly run: string;
  /** ISO 8601. */
  readonly deadline: string;
  /** `bound`: seen in the list since; `refused`: the service does not take this token, for `reason`. */
  readonly state: 'open' | 'bound' | 'refused';
  readonly reason?: string;
}

/** An undone run's token, to be taken out of the list. */
export type UnbindingRequest = Pick<BindingRequest, 'token' | 'run' | 'deadline'>;

/** All that the binder of one connected registry remembers: open wishes, no list of who is bound. */
export interface BinderState {
  readonly bindingRequests: readonly BindingRequest[];
  readonly unbindings: readonly UnbindingRequest[];
}

export const NO_REQUESTS: BinderState = { bindingRequests: [], unbindings: [] };

/** Input of every operation of the binder. */
export interface BinderRequest extends WorksFor {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly token: string;
  readonly run: string;
  readonly deadline: string;
}

export type BinderOperation =
  'request' | 'ensure' | 'ensureAgain' | 'complete' | 'unbind' | 'forceUnbind' | 'ensureUnbound';

const isFor = (request: Pick<BinderRequest, 'token' | 'run'>) => (item: { token: string; run: string }) =>
  item.run === request.run && sameName(item.token, request.token);

/** Forgets what has missed its deadline. */
export function prune(state: BinderState, now: Date): BinderState {
  const open = (item: { deadline: string }) => new Date(item.deadline) > now;
  return { bindingRequests: state.bindingRequests.filter(open), unbindings: state.unbindings.filter(open) };
}

export function findRequest(state: BinderState, request: BinderRequest): BindingRequest | undefined {
  return state.bindingRequests.find(isFor(request));
}

/** Notes a wish once. It ends an earlier run's drop of the same token, which this run has adopted. */
export function addRequest(state: BinderState, request: BinderRequest): BinderState {
  const { token, run, deadline } = request;
  if (findRequest(state, request)) return state;
  return {
    bindingRequests: [...state.bindingRequests, { token, run, deadline, state: 'open' }],
    unbindings: state.unbindings.filter((drop) => !sameName(drop.token, token)),
  };
}

/** Ends a wish; the binding itself stays as it is. */
export function endRequest(state: BinderState, request: BinderRequest): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.filter((bindingRequest) => !isFor(request)(bindingRequest)),
  };
}

/** Ends a wish and notes that its token must go, unless another run wants it. */
export function addUnbinding(state: BinderState, request: BinderRequest): BinderState {
  const { bindingRequests, unbindings } = endRequest(state, request);
  const { token, run, deadline } = request;
  const wanted = bindingRequests.some((bindingRequest) => sameName(bindingRequest.token, token));
  if (wanted || unbindings.some(isFor(request))) return { bindingRequests, unbindings };
  return { bindingRequests, unbindings: [...unbindings, { token, run, deadline }] };
}

/** Notes that a token must go, whoever wants it: a run that was lost may have left its wish. */
export function addForcedUnbinding(state: BinderState, request: BinderRequest): BinderState {
  const bindingRequests = state.bindingRequests.filter(
    (bindingRequest) => !sameName(bindingRequest.token, request.token),
  );
  return addUnbinding({ ...state, bindingRequests }, request);
}

export function hasUnbinding(state: BinderState, request: BinderRequest): boolean {
  return state.unbindings.some((drop) => sameName(drop.token, request.token));
}

/** Marks a wish as open again, so that the list is looked at once more. */
export function reopen(state: BinderState, request: BinderRequest): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.map((bindingRequest) =>
      isFor(request)(bindingRequest) ? { ...bindingRequest, state: 'open' } : bindingRequest,
    ),
  };
}

export function refuse(state: BinderState, bindingRequest: BindingRequest, reason: string): BinderState {
  return {
    ...state,
    bindingRequests: state.bindingRequests.map((item) =>
      isFor(bindingRequest)(item) ? { ...item, state: 'refused', reason } : item,
    ),
  };
}

export interface ListPlan {
  /** The list without what is to go. */
  readonly base: readonly string[];
  /** What is to be added, oldest wish first, as far as the cap allows. */
  readonly add: readonly BindingRequest[];
  readonly overCap: readonly BindingRequest[];
  readonly isComplete: boolean;
}

/** What the client list must become. `current` is kept but for the drops, whoever put it there. */
export function planList(state: BinderState, current: readonly string[], cap: number): ListPlan {
  const base = current.filter((token) => !state.unbindings.some((drop) => sameName(drop.token, token)));
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

/** After the list was read and found to be as planned. */
export function markBound(state: BinderState, current: readonly string[]): BinderState {
  return {
    bindingRequests: state.bindingRequests.map((bindingRequest) =>
      bindingRequest.state === 'open' && current.some((token) => sameName(token, bindingRequest.token))
        ? { ...bindingRequest, state: 'bound' }
        : bindingRequest,
    ),
    unbindings: [],
  };
}
