import type { WorksFor } from '../operations/worksFor.js';

/** A run's wish to have its token bound; it ends when the run promotes, undoes, or misses its deadline. */
export interface BindingWish {
  readonly token: string;
  readonly run: string;
  /** ISO 8601. */
  readonly deadline: string;
  /** `bound`: seen in the list since; `refused`: the service does not take this token, for `reason`. */
  readonly state: 'open' | 'bound' | 'refused';
  readonly reason?: string;
}

/** An undone run's token, to be taken out of the list. */
export type UnbindingWish = Pick<BindingWish, 'token' | 'run' | 'deadline'>;

/** All that the binder of one connected registry remembers: open wishes, no list of who is bound. */
export interface BinderState {
  readonly wishes: readonly BindingWish[];
  readonly drops: readonly UnbindingWish[];
}

export const NO_WISHES: BinderState = { wishes: [], drops: [] };

/** Input of every operation of the binder. */
export interface BinderRequest extends WorksFor {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly token: string;
  readonly run: string;
  readonly deadline: string;
}

export type BinderOperation = 'want' | 'ensure' | 'ensureAgain' | 'settle' | 'drop' | 'evict' | 'ensureDropped';

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
const isFor = (request: Pick<BinderRequest, 'token' | 'run'>) => (item: { token: string; run: string }) =>
  item.run === request.run && same(item.token, request.token);

/** Forgets what has missed its deadline. */
export function prune(state: BinderState, now: Date): BinderState {
  const open = (item: { deadline: string }) => new Date(item.deadline) > now;
  return { wishes: state.wishes.filter(open), drops: state.drops.filter(open) };
}

export function findWish(state: BinderState, request: BinderRequest): BindingWish | undefined {
  return state.wishes.find(isFor(request));
}

/** Notes a wish once. It ends an earlier run's drop of the same token, which this run has adopted. */
export function addWish(state: BinderState, request: BinderRequest): BinderState {
  const { token, run, deadline } = request;
  if (findWish(state, request)) return state;
  return {
    wishes: [...state.wishes, { token, run, deadline, state: 'open' }],
    drops: state.drops.filter((drop) => !same(drop.token, token)),
  };
}

/** Ends a wish; the binding itself stays as it is. */
export function endWish(state: BinderState, request: BinderRequest): BinderState {
  return { ...state, wishes: state.wishes.filter((wish) => !isFor(request)(wish)) };
}

/** Ends a wish and notes that its token must go, unless another run wants it. */
export function addDrop(state: BinderState, request: BinderRequest): BinderState {
  const { wishes, drops } = endWish(state, request);
  const { token, run, deadline } = request;
  const wanted = wishes.some((wish) => same(wish.token, token));
  if (wanted || drops.some(isFor(request))) return { wishes, drops };
  return { wishes, drops: [...drops, { token, run, deadline }] };
}

/** Notes that a token must go, whoever wants it: a run that was lost may have left its wish. */
export function addEviction(state: BinderState, request: BinderRequest): BinderState {
  const wishes = state.wishes.filter((wish) => !same(wish.token, request.token));
  return addDrop({ ...state, wishes }, request);
}

export function hasDrop(state: BinderState, request: BinderRequest): boolean {
  return state.drops.some((drop) => same(drop.token, request.token));
}

/** Marks a wish as open again, so that the list is looked at once more. */
export function reopen(state: BinderState, request: BinderRequest): BinderState {
  return {
    ...state,
    wishes: state.wishes.map((wish) => (isFor(request)(wish) ? { ...wish, state: 'open' } : wish)),
  };
}

export function refuse(state: BinderState, wish: BindingWish, reason: string): BinderState {
  return {
    ...state,
    wishes: state.wishes.map((item) => (isFor(wish)(item) ? { ...item, state: 'refused', reason } : item)),
  };
}

export interface ListPlan {
  /** The list without what is to go. */
  readonly base: readonly string[];
  /** What is to be added, oldest wish first, as far as the cap allows. */
  readonly add: readonly BindingWish[];
  readonly overCap: readonly BindingWish[];
  readonly isSettled: boolean;
}

/** What the client list must become. `current` is kept but for the drops, whoever put it there. */
export function planList(state: BinderState, current: readonly string[], cap: number): ListPlan {
  const base = current.filter((token) => !state.drops.some((drop) => same(drop.token, token)));
  const missing = state.wishes.filter(
    (wish, index, all) =>
      wish.state !== 'refused' &&
      !base.some((token) => same(token, wish.token)) &&
      all.findIndex((other) => other.state !== 'refused' && same(other.token, wish.token)) === index,
  );
  const room = Math.max(0, cap - base.length);
  return {
    base,
    add: missing.slice(0, room),
    overCap: missing.slice(room),
    isSettled: missing.slice(0, room).length === 0 && base.length === current.length,
  };
}

/** After the list was read and found to be as planned. */
export function markSettled(state: BinderState, current: readonly string[]): BinderState {
  return {
    wishes: state.wishes.map((wish) =>
      wish.state === 'open' && current.some((token) => same(token, wish.token)) ? { ...wish, state: 'bound' } : wish,
    ),
    drops: [],
  };
}
