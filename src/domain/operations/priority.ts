/**
 * How urgent work is when a service's rate limit does not allow everything at once, the most urgent first:
 * - `revocation`: revocations, urgent rotations, and the rollback of a revoked client's run;
 * - `single`: what an operator requested singly;
 * - `rollout`: rollouts, sweeps and events;
 * - `inventory`: checks and inventory.
 */
export const PRIORITIES = ['revocation', 'single', 'rollout', 'inventory'] as const;

export type Priority = (typeof PRIORITIES)[number];

const RANKS: Readonly<Record<Priority, number>> = { revocation: 0, single: 1, rollout: 2, inventory: 3 };

/** The position of a priority: 0 for the most urgent. */
export function rankOf(priority: Priority): number {
  return RANKS[priority];
}

/** The more urgent one of two. */
export function moreUrgent(one: Priority, other: Priority): Priority {
  return rankOf(one) <= rankOf(other) ? one : other;
}

/** Actors of runs that no operator requested singly: events, timers, and sweeps. */
const AUTOMATIC = ['event', 'timer', 'sweep'];

/** How urgent a run is by its input. A rotation that is urgent replaces a credential that may be in wrong hands. */
export function priorityOf({
  actor,
  request,
  rollout,
}: {
  readonly actor: string;
  readonly request?: object;
  /** Id of the rollout that started the run, if any. */
  readonly rollout?: string;
}): Priority {
  if (request && 'urgent' in request && request.urgent === true) return 'revocation';
  return rollout !== undefined || AUTOMATIC.includes(actor) ? 'rollout' : 'single';
}
