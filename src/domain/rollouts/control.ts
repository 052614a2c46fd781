import { endedRows, openRows } from './counts.js';
import { NO_ROWS } from './row.js';
import type {
  ControlRequests,
  ControlState,
  Directive,
  RolloutCommand,
  RolloutStatus,
  RoundReport,
} from './controlState.js';

/** Maximum commands that wait, and ids that are remembered. */
const MAX_COMMANDS = 20;

/** Maximum samples of the rate. */
const MAX_SAMPLES = 30;

export const NO_CONTROL: ControlState = {
  status: 'opening',
  counts: NO_ROWS,
  failures: {},
  wave: 0,
  commands: [],
  carriedOut: [],
  baseline: { failed: 0, ended: 0 },
  activeSeconds: 0,
  samples: [],
};

/** The statuses that each command fits. */
export const FITTING_STATUSES: Readonly<Record<RolloutCommand, readonly RolloutStatus[]>> = {
  pause: ['running'],
  resume: ['paused', 'stopped'],
  cancel: ['running', 'paused', 'stopped'],
  'retry-failed': ['running', 'paused', 'stopped', 'completed', 'cancelled'],
};

/** The statuses that only a command ends: all rows have ended, or none ever begins. */
export const CLOSED_STATUSES: readonly RolloutStatus[] = ['refused', 'completed', 'cancelled'];

/** What the orchestration does next. */
export function directiveOf(state: ControlState): Directive {
  const { status, reason, commands, pausedAt, countsFrom, recounts = 0 } = state;
  return {
    status,
    commands,
    ...(reason === undefined ? {} : { reason }),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(countsFrom === undefined ? {} : { readAll: true, recount: recounts }),
    ...(status === 'cancelled' && state.startedAt === undefined ? { isAbandoned: true } : {}),
  };
}

/** Begins a rollout whose clients are claimed, or continues one that was started again. A paused one stays paused. */
export function opened(state: ControlState, { plan }: ControlRequests['open'], now: Date): ControlState {
  const { endedAt: _endedAt, conflicts: _conflicts, claimed: _claimed, ...rest } = state;
  const at = now.toISOString();
  const next = { ...rest, plan, startedAt: state.startedAt ?? at };
  if (state.status === 'paused' || state.status === 'running') return next;
  const running: ControlState = { ...withoutReason(next), status: 'running', samples: [] };
  // A new rollout has no failures that could be older.
  return active(state.startedAt === undefined ? running : recounted(running, now), true, now);
}

/** Refuses a rollout that never began. One that was to be started again stays as it is, and forgets the commands. */
export function refused(state: ControlState, { plan, conflicts, claimed }: ControlRequests['refuse']): ControlState {
  const full = claimed === undefined ? {} : { claimed };
  const isNew = state.startedAt === undefined;
  return { ...state, plan, conflicts, ...full, commands: [], ...(isNew ? { status: 'refused' as const } : {}) };
}

/**
 * Takes a command. `pause` and `resume` take effect at once; the orchestration carries out the others on the rows. One
 * that has stopped is resumed when its orchestration opens it again. A command that is known already, or does not fit
 * the status, changes nothing.
 */
export function commanded(state: ControlState, given: ControlRequests['command'], now: Date): ControlState {
  const { id, command, actor, at } = given;
  const isKnown = state.carriedOut.includes(id) || state.commands.some((one) => one.id === id);
  if (isKnown || !state.plan || !FITTING_STATUSES[command].includes(state.status)) return state;
  if (command === 'retry-failed' && state.plan.dryRun) return state;
  if (command === 'pause') return paused(carriedOut(state, [id]), 'operator', now);
  if (command === 'resume' && state.status === 'paused') {
    const next = { ...withoutReason(carriedOut(state, [id])), status: 'running' as const, samples: [] };
    return active(recounted(next, now), true, now);
  }
  if (state.commands.length >= MAX_COMMANDS && command !== 'cancel') return state;
  const { conflicts: _conflicts, claimed: _claimed, isCancelled: _isCancelled, ...rest } = state;
  return {
    ...rest,
    commands: [...state.commands, { id, command, actor, at }],
    ...(command === 'cancel' ? { isCancelled: true } : {}),
  };
}

/** Notes a round. Pauses the rollout if too many rows have failed. */
export function reported(state: ControlState, report: RoundReport, now: Date): ControlState {
  const { counts, failures, wave, waits } = report;
  const isRetried = state.commands.some(
    ({ id, command }) => command === 'retry-failed' && report.carriedOut.includes(id),
  );
  let next = counted(carriedOut({ ...state, counts, failures, wave }, report.carriedOut), report);
  if (isRevived(state, report)) next = recounted({ ...withoutReason(next), status: 'running', samples: [] }, now);
  if (isRetried) next = recounted({ ...next, samples: [] }, now);
  if (next.status !== 'running') return next;
  if (isOverLimit(next)) return paused(next, 'failure-limit', now);
  next = withoutReason(next);
  if (!waits) return sampled(active(next, true, now), now);
  // The rate of the time before the wait says nothing about the time after it.
  const { reason, until } = waits;
  return active({ ...next, samples: [], reason, ...(until === undefined ? {} : { waitsUntil: until }) }, false, now);
}

/**
 * Whether a rollout that was taken for stopped has carried out a command that continues it: its orchestration lives.
 */
function isRevived({ status, commands }: ControlState, report: RoundReport): boolean {
  const continues = commands.some(
    ({ id, command }) => (command === 'resume' || command === 'retry-failed') && report.carriedOut.includes(id),
  );
  return status === 'stopped' && continues;
}

/** Notes that the rollout itself failed, also before it was opened: then no row was started. */
export function stopped(state: ControlState, { plan }: ControlRequests['stop'], now: Date): ControlState {
  if (!['opening', 'running', 'paused'].includes(state.status)) return state;
  const known = state.plan ? state : { ...state, plan, counts: { ...NO_ROWS, waiting: plan.rows } };
  return active({ ...withoutReason(known), status: 'stopped', reason: 'fault' }, false, now);
}

/**
 * Ends a rollout as cancelled whose rows never arrived, since its request died: nothing was claimed or started. One
 * that was not cancelled, or was opened before, stays as it is.
 */
export function abandoned(state: ControlState, { plan }: ControlRequests['abandon'], now: Date): ControlState {
  // A retry of an abandoned rollout finds no rows either.
  const isCancelled = state.isCancelled === true || state.status === 'cancelled';
  if (!isCancelled || state.startedAt !== undefined) return state;
  const commands = state.commands.map(({ id }) => id);
  const counts = { ...NO_ROWS, cancelled: plan.rows };
  const endedAt = state.endedAt ?? now.toISOString();
  return { ...withoutReason(carriedOut(state, commands)), plan, status: 'cancelled', counts, endedAt };
}

/** Ends the rollout, unless rows are open or commands wait. */
export function ended(state: ControlState, { counts, failures }: ControlRequests['end'], now: Date): ControlState {
  const next = { ...state, counts, failures };
  if (openRows(counts) > 0 || state.commands.length > 0) return next;
  if (state.endedAt !== undefined) return next;
  const status = state.isCancelled ? 'cancelled' : 'completed';
  return { ...active(withoutReason(next), false, now), status, endedAt: now.toISOString() };
}

/**
 * Whether at least `minimum` rows have failed since it began or was resumed, and `percent` of those that ended; and
 * rows wait.
 */
function isOverLimit({ plan, counts, baseline, countsFrom }: ControlState): boolean {
  if (!plan || counts.waiting === 0 || plan.dryRun || countsFrom !== undefined) return false;
  const { percent, minimum } = plan.failureLimit;
  const failed = counts.failed - baseline.failed;
  return failed >= Math.max(1, minimum) && failed * 100 >= percent * (endedRows(counts) - baseline.ended);
}

/** Pauses the rollout. */
function paused(state: ControlState, reason: 'operator' | 'failure-limit', now: Date): ControlState {
  return active({ ...withoutReason(state), status: 'paused', reason, pausedAt: now.toISOString() }, false, now);
}

/** Makes the failure limit count anew from the ends that are known when all operations have been read once more. */
function recounted(state: ControlState, now: Date): ControlState {
  const recounts = (state.recounts ?? 0) + 1;
  return { ...state, baseline: baselineOf(state), countsFrom: now.toISOString(), recounts };
}

/** Sets the baseline, once all ends until the resumption or the retry are known. */
function counted(state: ControlState, { allReadFor }: Pick<RoundReport, 'allReadFor'>): ControlState {
  const { countsFrom, ...rest } = state;
  if (countsFrom === undefined || allReadFor === undefined || allReadFor < (state.recounts ?? 0)) return state;
  return { ...rest, baseline: baselineOf(rest) };
}

function baselineOf({ counts }: ControlState): ControlState['baseline'] {
  return { failed: counts.failed, ended: endedRows(counts) };
}

function carriedOut(state: ControlState, ids: readonly string[]): ControlState {
  if (ids.length === 0) return state;
  return {
    ...state,
    commands: state.commands.filter(({ id }) => !ids.includes(id)),
    carriedOut: [...state.carriedOut.filter((id) => !ids.includes(id)), ...ids].slice(-MAX_COMMANDS),
  };
}

/** Counts the seconds in which it can start rows. */
function active(state: ControlState, isActive: boolean, now: Date): ControlState {
  const { activeSince, ...rest } = state;
  if (isActive) return { ...rest, activeSince: activeSince ?? now.toISOString() };
  if (activeSince === undefined) return rest;
  return { ...rest, activeSeconds: rest.activeSeconds + secondsBetween(activeSince, now) };
}

/** Seconds in which the rollout could start rows, until now. */
export function activeUntil({ activeSeconds, activeSince }: ControlState, now: Date): number {
  return activeSeconds + (activeSince === undefined ? 0 : secondsBetween(activeSince, now));
}

/** Notes how many rows have ended, if that has changed. */
function sampled(state: ControlState, now: Date): ControlState {
  const count = endedRows(state.counts);
  if (state.samples.at(-1)?.ended === count) return state;
  return { ...state, samples: [...state.samples, { at: now.toISOString(), ended: count }].slice(-MAX_SAMPLES) };
}

function withoutReason({
  reason: _reason,
  waitsUntil: _until,
  pausedAt: _pausedAt,
  ...rest
}: ControlState): ControlState {
  return rest;
}

/** Seconds from an instant (ISO 8601) until now, never negative. */
export function secondsBetween(from: string, now: Date): number {
  return Math.max(0, (now.getTime() - Date.parse(from)) / 1000);
}
