import type { Api } from '../api/api.js';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import { movedSince, newSince, type Moved, type Sight } from './plan/movedSince.js';
import type { FleetPlan } from './plan/planFile.js';
import { sendable } from './plan/removals.js';
import { chunksOf } from './plan/rolloutBodies.js';
import { unmanagedIn } from './world/unmanagedTokens.js';
import { readFleetWorld } from './world/readFleetWorld.js';

/** Names in an error. */
const SHOWN = 10;

/** Reads what a plan depends on. */
export async function lookFor(api: Api, plan: FleetPlan): Promise<Sight> {
  const withIdentity = new Set(plan.clients.filter(({ sawIdentity }) => sawIdentity === true).map(({ key }) => key));
  const clients = await readFleetWorld(api, { scopes: plan.scopes, needsIdentity: (key) => withIdentity.has(key) });
  const mayAdopt = plan.clients.some(({ adopts }) => adopts !== undefined);
  return { clients, tokens: mayAdopt ? await unmanagedIn(api, plan.scopes) : [] };
}

/**
 * Compares what is there with what a plan saw.
 * @param whose `all`: every client in the scopes of the plan, as it was reviewed; `sent`: those that it would send
 * @returns what is there
 * @throws {CommandError} if it has moved, with the clients that did; nothing has been sent
 */
export async function checkUnmoved(api: Api, plan: FleetPlan, whose: 'all' | 'sent'): Promise<Sight> {
  const now = await lookFor(api, plan);
  const moved =
    whose === 'all'
      ? [...movedSince(plan.clients, now), ...newSince(plan.clients, now)]
      : movedSince(
          sentBy(plan).flatMap(({ clients }) => clients),
          now,
        );
  if (moved.length === 0) return now;
  throw new CommandError(EXIT.refused, 'The world is not the one that the plan saw. Nothing was started.', [
    ...movedLines(moved),
    'Plan again.',
  ]);
}

/**
 * The rollouts of a plan. Clients that the app would refuse are left out, and so are removals that such a client
 * blocks.
 */
export function sentBy({ clients }: Pick<FleetPlan, 'clients'>) {
  return chunksOf(sendable(clients));
}

/** The first clients that moved, and how. */
export function movedLines(moved: readonly Moved[]): string[] {
  return [
    ...moved.slice(0, SHOWN).map((one) => `${one.registry}/${one.connectedRegistry}/${one.client} ${one.how}`),
    ...(moved.length > SHOWN ? [`and ${moved.length - SHOWN} more`] : []),
  ];
}
