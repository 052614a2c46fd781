import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { Api } from '../api/api.js';
import { routes } from '../api/routes.js';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import { chunksOf, rolloutBodyOf, type Chunk } from './plan/rolloutBodies.js';
import { movedSince, type FleetPlan, type Moved } from './plan/planFile.js';
import { unmanagedIn } from './world/unmanagedTokens.js';
import { readFleetWorld } from './world/readFleetWorld.js';

/** Names in an error. */
const SHOWN = 10;

/** What has moved since a plan was made. */
async function movedNow(api: Api, plan: FleetPlan): Promise<Moved[]> {
  const withIdentity = new Set(plan.clients.filter(({ sawIdentity }) => sawIdentity === true).map(({ key }) => key));
  const world = await readFleetWorld(api, { scopes: plan.scopes, needsIdentity: (key) => withIdentity.has(key) });
  const mayAdopt = plan.clients.some(({ adopts }) => adopts !== undefined);
  return movedSince(plan, world, mayAdopt ? await unmanagedIn(api, plan.scopes) : []);
}

/**
 * Compares the world with what a plan saw.
 * @throws {CommandError} if it has moved, with the clients that did; nothing has been sent
 */
export async function checkUnmoved(api: Api, plan: FleetPlan): Promise<void> {
  const moved = await movedNow(api, plan);
  if (moved.length === 0) return;
  throw new CommandError(EXIT.refused, 'The world is not the one that the plan saw. Nothing was started.', [
    ...movedLines(moved),
    'Plan again.',
  ]);
}

/** The first clients that moved, and how. */
export function movedLines(moved: readonly Moved[]): string[] {
  return [
    ...moved.slice(0, SHOWN).map((one) => `${one.registry}/${one.connectedRegistry}/${one.client} ${one.how}`),
    ...(moved.length > SHOWN ? [`and ${moved.length - SHOWN} more`] : []),
  ];
}

export interface CarriedOut {
  /** As they ended, in the order in which they were started. */
  readonly rollouts: readonly Rollout[];
  /** Clients whose removal was not started, since something before it has not succeeded. */
  readonly removalsLeft: number;
  /** Clients to add or to change that were not started for the same reason. */
  readonly changesLeft: number;
  /** Clients of a later rollout that moved while earlier ones ran: neither that rollout nor any after it was started. */
  readonly moved: readonly Moved[];
}

/**
 * Starts the rollouts of a plan, each when the one before it rests. Clients that the app would refuse are left out. Clients are removed
 * when all that is added and changed has succeeded: a device that gets another name keeps its old one until the new one works.
 * Rollouts take hours, so the clients of each later one are compared again before it starts: one that was revoked stays revoked.
 */
export async function carryOut(
  api: Api,
  plan: FleetPlan,
  follow: (rollout: Rollout) => Promise<Rollout>,
): Promise<CarriedOut> {
  const rollouts: Rollout[] = [];
  let [removalsLeft, changesLeft] = [0, 0];
  let moved: readonly Moved[] = [];
  for (const chunk of chunksOf(plan.clients.filter(({ problems }) => problems === undefined))) {
    const isStopped = moved.length > 0 || rollouts.some(({ status }) => status !== 'completed');
    const hasFailed = isStopped || rollouts.some(({ counts }) => counts.failed + counts.cancelled > 0);
    const mayStart = chunk.kind === 'offboard' ? !hasFailed : !isStopped;
    if (mayStart && rollouts.length > 0) moved = ofChunk(chunk, await movedNow(api, plan));
    if (!mayStart || moved.length > 0) {
      if (chunk.kind === 'offboard') removalsLeft += chunk.clients.length;
      else changesLeft += chunk.clients.length;
      continue;
    }
    const started = await routes.startRollout(api, { json: rolloutBodyOf(chunk, plan.rollout, 'crctl apply') }, {});
    rollouts.push(await follow(started));
  }
  return { rollouts, removalsLeft, changesLeft, moved };
}

function ofChunk({ clients }: Chunk, moved: readonly Moved[]): Moved[] {
  const keys = new Set(clients.map(({ key }) => key));
  return moved.filter((one) => keys.has(clientKey(one)));
}
