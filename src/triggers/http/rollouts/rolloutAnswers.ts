import type { HttpResponseInit } from '@azure/functions';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { MAX_CLAIMED } from '../../../domain/rollouts/claimsState.js';
import type { ControlState, RolloutCommand, RolloutStatus } from '../../../domain/rollouts/controlState.js';
import { rolloutView } from '../../../domain/rollouts/view.js';
import type { RolloutState } from '../../durable/rollouts/rollouts.js';
import { problem } from '../answers/problem.js';
import { rowNumber, type RowPlaces } from './rowFaults.js';

/** Address of a rollout, for the Location header. */
export function rolloutLocation(id: string): string {
  return `/api/rollouts/${id}`;
}

/** What callers see of a rollout now. */
export function viewOf(state: RolloutState): Rollout {
  const { control } = state;
  const now = new Date();
  return isLost(state)
    ? rolloutView({ ...control, status: 'stopped', reason: 'fault' }, now)
    : rolloutView(control, now);
}

/** Whether the engine has ended a rollout's orchestration, for example by termination, so that nobody continues it. */
export function isLost({ control: { status }, hasEnded }: RolloutState): boolean {
  return hasEnded && (status === 'opening' || status === 'running' || status === 'paused');
}

/** Builds the 404 answer for a rollout's id. */
export function rolloutNotFound(id: string): HttpResponseInit {
  return problem({
    status: 404,
    code: 'rollout-not-found',
    title: 'There is no such rollout.',
    detail: `Rollout ${JSON.stringify(id.slice(0, 40))} was not found. It never started, or it was purged.`,
  });
}

/**
 * Builds the answer to a rollout whose clients are in other rollouts, or which would have too many clients beside
 * others.
 * @param clientOf finds a client by its row, from 0
 */
export function notClaimed(
  { conflicts = [], claimed }: Pick<ControlState, 'conflicts' | 'claimed'>,
  clientOf: (row: number) => ClientReference | undefined,
  places: RowPlaces,
): HttpResponseInit {
  if (claimed !== undefined) return tooManyOpen(claimed);
  const named = conflicts.flatMap(({ row, rollout }) => {
    const client = clientOf(row);
    return client ? [{ row: rowNumber(places, row), ...referenceOf(client), rollout }] : [];
  });
  const others = [...new Set(conflicts.map(({ rollout }) => rollout))].slice(0, 5).join(', ');
  return problem({
    status: 409,
    code: 'client-in-rollout',
    title: 'Clients are in another rollout.',
    detail: `A client can be in one rollout at a time. Wait until rollout ${others} has ended, or cancel it, or leave the clients out. Nothing was started.`,
    conflicts: named,
  });
}

function tooManyOpen(claimed: number): HttpResponseInit {
  return problem({
    status: 409,
    code: 'rollouts-full',
    title: 'Open rollouts have too many clients.',
    detail: `Rollouts that have not ended may have ${MAX_CLAIMED} clients together, and the others have ${claimed}. Wait until one has ended, cancel one, or send fewer clients. Nothing was started.`,
  });
}

/** Builds the answer to a command that does not fit a rollout's status. */
export function doesNotFit(command: RolloutCommand, status: RolloutStatus): HttpResponseInit {
  return problem({
    status: 409,
    code: 'rollout-status',
    title: 'The command does not fit the status of the rollout.',
    detail: `The rollout is ${status}. ${FITTING[command]}`,
    rolloutStatus: status,
  });
}

const FITTING: Readonly<Record<RolloutCommand, string>> = {
  pause: 'Only a running rollout can be paused.',
  resume: 'Only a paused or stopped rollout can be resumed.',
  cancel: 'Only a running, paused or stopped rollout can be cancelled.',
  'retry-failed': 'Failed clients can be retried once the rollout has opened, and not in a dry run.',
};
