import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { activeUntil, secondsBetween } from './control.js';
import { endedRows, openRows } from './counts.js';
import { floorSeconds, writesOf } from './floor.js';
import type { ControlState } from './controlState.js';
import type { RolloutPlan } from './rollout.js';
import { waveCount, waveRows } from './waves.js';

/** Shortest floor, in seconds, of which a multiple says anything. */
const MIN_FLOOR = 10;

/** Least seconds between the first sample and now for a rate. */
const MIN_SPAN = 10;

/** What operators see of a rollout. @throws Error if the state has no plan */
export function rolloutView(state: ControlState, now: Date): Rollout {
  const { plan, counts } = state;
  if (!plan) throw new Error('the rollout has no plan');
  const { id, name, kind, dryRun, rows } = plan;
  const rate = ratePerSecond(state, now);
  const left = secondsLeft(state, plan, rate, now);
  const { from, to } = waveRows(plan, state.wave);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    kind,
    status: state.status,
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    ...(state.waitsUntil === undefined ? {} : { waitsUntil: state.waitsUntil }),
    dryRun,
    requestedBy: plan.actor,
    requestedAt: plan.requestedAt,
    ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
    ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
    rows,
    counts,
    failures: state.failures,
    wave: {
      current: state.wave + 1,
      of: waveCount(plan),
      rows: to - from,
      first: waveRows(plan, 0).to,
      size: plan.waves.size,
    },
    ...(rate === undefined ? {} : { ratePerMinute: rounded(rate * 60) }),
    ...(left === undefined ? {} : { secondsLeft: Math.ceil(left) }),
    writes: { needed: writesOf(plan, rows), done: dryRun ? 0 : writesOf(plan, doneRows(state)) },
    floor: floorOf(state, plan, now),
  };
}

/** Rows whose writes are done, as far as is known: most failures come after the writes. */
function doneRows({ counts: { completed, failed } }: ControlState): number {
  return completed + failed;
}

/** Rows that ended in a second, lately; undefined before it is known. */
function ratePerSecond({ samples, status, activeSince }: ControlState, now: Date): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || status !== 'running' || activeSince === undefined) return undefined;
  const seconds = secondsBetween(first.at, now);
  return seconds < MIN_SPAN || last.ended === first.ended ? undefined : (last.ended - first.ended) / seconds;
}

/**
 * By the observed rate or, before there is one, by the floor; and the pauses between the waves to come.
 * @returns undefined if it is not known
 */
function secondsLeft(state: ControlState, plan: RolloutPlan, rate: number | undefined, now: Date): number | undefined {
  const { status, counts } = state;
  if (status === 'completed' || status === 'cancelled')
    return plan.dryRun ? floorSeconds(plan, 1) + pausesOf(plan) : undefined;
  if (status !== 'running' && status !== 'opening') return undefined;
  const open = openRows(counts);
  const share = endedRows(counts) / plan.rows;
  const work = rate === undefined ? floorSeconds(plan, 1) - floorSeconds(plan, share) : open / rate;
  // A floor of nothing says that Azure does not set the pace, and not that the rows are about to end.
  return work === 0 && open > 0 ? undefined : work + pausesLeft(state, plan, now);
}

/** Seconds of the pauses between all waves. */
function pausesOf(plan: RolloutPlan): number {
  return (waveCount(plan) - 1) * plan.waves.pauseSeconds;
}

/** Seconds until the end of the wait in progress, and of the pauses between the waves to come. */
function pausesLeft({ reason, waitsUntil, wave }: ControlState, plan: RolloutPlan, now: Date): number {
  const waits = waitsUntil === undefined ? 0 : Math.max(0, (Date.parse(waitsUntil) - now.getTime()) / 1000);
  const gaps = waveCount(plan) - wave - 1 - (reason === 'between-waves' ? 1 : 0);
  return waits + Math.max(0, gaps) * plan.waves.pauseSeconds;
}

function floorOf(state: ControlState, plan: RolloutPlan, now: Date): Rollout['floor'] {
  const seconds = plan.dryRun ? 0 : floorSeconds(plan, doneRows(state) / plan.rows);
  const ratio = activeUntil(state, now) / seconds;
  return { seconds: rounded(seconds), ...(seconds < MIN_FLOOR ? {} : { ratio: rounded(ratio) }) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
