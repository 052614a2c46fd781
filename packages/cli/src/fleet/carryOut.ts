import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { Api } from '../api/api.js';
import { ProblemError } from '../api/problem.js';
import { routes } from '../api/routes.js';
import { rolloutBodyOf, type Chunk } from './plan/rolloutBodies.js';
import { movedBetween, type Moved, type Sight } from './plan/movedSince.js';
import type { FleetPlan } from './plan/planFile.js';
import { blockedRemovals } from './plan/removals.js';
import { lookFor, sentBy } from './unmoved.js';

/** Clients of rollouts that were not started. */
export interface Left {
  readonly removalsLeft: number;
  /** Clients to add or to change. */
  readonly changesLeft: number;
}

/** What is left was not started, since something before it has not succeeded. */
export interface CarriedOut extends Left {
  /** As they ended, in the order in which they were started. */
  readonly rollouts: readonly Rollout[];
  /** Of the answers to the starts. */
  readonly warnings: NonNullable<Rollout['warnings']>;
  /**
   * Clients of a later rollout that moved while earlier ones ran: neither that rollout nor any after it was started.
   */
  readonly moved: readonly Moved[];
}

/** Why a plan was not carried out to its end, and what of it was not started. */
export class StoppedEarly extends Error {
  /**
   * @param last whether the rollout that was in turn has been started; if so, or if that is unknown, it is not part of
   * what is left
   */
  constructor(
    override readonly cause: unknown,
    readonly left: Left,
    readonly last: 'not started' | 'unknown' | 'started',
    /** Those before it, as they ended. */
    readonly ended: readonly Rollout[],
  ) {
    super('A plan was not carried out to its end.');
  }
}

export interface CarryingOut {
  /** What was there when the plan was last compared. */
  readonly before: Sight;
  /** Waits until a rollout rests. */
  readonly follow: (rollout: Rollout) => Promise<Rollout>;
  /** Throws if there is no time to start another rollout. */
  readonly checkTime: () => void;
}

/**
 * Starts the rollouts of a plan, each when the one before it rests. Clients are removed when all that is added and
 * changed has succeeded: a device that gets another name keeps its old one until the new one works. So none is removed
 * either while a client of the file would be refused or cannot be compared. Rollouts take hours, so the clients of each
 * later one are compared again before it starts: one that was revoked stays revoked.
 *
 * @throws {StoppedEarly}
 */
export async function carryOut(
  api: Api,
  plan: FleetPlan,
  { before, follow, checkTime }: CarryingOut,
): Promise<CarriedOut> {
  const rollouts: Rollout[] = [];
  const warnings: CarriedOut['warnings'][number][] = [];
  let left: Left = { removalsLeft: blockedRemovals(plan.clients).length, changesLeft: 0 };
  /** Clients of the rollouts that were started, and those of them that have succeeded. */
  const clients = { sent: 0, succeeded: 0 };
  let moved: readonly Moved[] = [];
  const chunks = sentBy(plan);
  for (const [index, chunk] of chunks.entries()) {
    let start: StoppedEarly['last'] = 'not started';
    try {
      const isStopped = moved.length > 0 || rollouts.some(({ status }) => status !== 'completed');
      const mayStart = !isStopped && (chunk.kind === 'onboard' || clients.succeeded === clients.sent);
      if (mayStart && rollouts.length > 0) {
        checkTime();
        moved = movedBetween(chunk, before, await lookFor(api, plan));
      }
      if (!mayStart || moved.length > 0) {
        left = withChunk(left, chunk);
        continue;
      }
      start = 'unknown';
      const started = await routes.startRollout(api, { json: rolloutBodyOf(chunk, plan.rollout, 'crctl apply') });
      start = 'started';
      warnings.push(...(started.warnings ?? []));
      const ended = await follow(started);
      rollouts.push(ended);
      clients.sent += chunk.clients.length;
      clients.succeeded += ended.counts.completed;
    } catch (error) {
      const last = start === 'unknown' && isRefusal(error) ? 'not started' : start;
      const after = chunks.slice(last === 'not started' ? index : index + 1).reduce(withChunk, left);
      throw new StoppedEarly(error, after, last, rollouts);
    }
  }
  return { rollouts, ...left, moved, warnings };
}

/**
 * Whether the app has refused a start. A problem of its own, such as an engine that does not confirm in time, may
 * follow a start.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status < 500;
}

function withChunk({ changesLeft, removalsLeft }: Left, { kind, clients }: Chunk): Left {
  return kind === 'offboard'
    ? { changesLeft, removalsLeft: removalsLeft + clients.length }
    : { changesLeft: changesLeft + clients.length, removalsLeft };
}
