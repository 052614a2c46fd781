import type { OrchestrationContext } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { ProfileInput, ProfileOutcome, ProfileTally } from '../domain/profiles/onboardProfile.js';
import { updatedRows, type PlannedRow, type RowUpdate } from '../domain/rollouts/startPlan.js';
import { backoffSeconds, type Backoff } from './run/backoff.js';
import { orUndefined, type Flow } from './run/flow.js';
import { beginRun } from './run/runContext.js';

/**
 * Pauses between two rounds, in seconds: the longer, the more rounds have started nothing. Others take the room of
 * pauses that are too long.
 */
const ROUNDS: Backoff = { first: 5, longest: 60 };

/**
 * Seconds after which the clients that could not be started are given up: longer than a client is awaited that another
 * run holds.
 */
const GIVE_UP_SECONDS = 25 * 3600;

/**
 * Starts the onboardings of a new connected registry's clients, as fast as Azure's rates allow. It ends when all have
 * been started. It continues as new after each round to keep its history short. That drops waiting events, but nothing
 * sends events to it.
 */
export function* onboardProfile(context: OrchestrationContext): Flow<ProfileOutcome | undefined> {
  const input = context.df.getInput<ProfileInput>();
  const { plan, limits, rows } = input;
  const run = beginRun(context, { priority: 'rollout' }, input);
  const at = run.now.toISOString();
  // A round that fails has started nothing, or its runs are recognised in the next one.
  const advanced = yield* orUndefined(() =>
    run.step('advanceRuns', () => run.activities.advanceRuns({ plan, at, limits, rows })),
  );
  const changes = advanced?.changes ?? [];
  const tally = counted(input.tally, changes);
  // Of a row whose client was busy for a day, the run is as absent as of one that waits.
  const left = updatedRows(rows, changes).filter(
    ({ status }) => status.state === 'waiting' || status.state === 'failed',
  );
  const waiting = left.filter(({ status }) => status.state === 'waiting');
  const isOver = run.secondsSince(new Date(plan.requestedAt)) >= GIVE_UP_SECONDS;
  if (waiting.length === 0 || isOver) {
    run.log.enter('completed');
    return { ...tally, endedAt: run.now.toISOString(), notStarted: left.map(keyOf) };
  }
  const idle = changes.some(({ status }) => status.state !== 'waiting') ? 0 : input.idle + 1;
  yield* run.pause(backoffSeconds(ROUNDS, idle + 1));
  context.df.continueAsNew({ ...input, rows: left, tally, idle } satisfies ProfileInput);
  return undefined;
}

function counted(tally: ProfileTally, changes: readonly RowUpdate[]): ProfileTally {
  const count = (state: RowUpdate['status']['state']) => changes.filter(({ status }) => status.state === state).length;
  return {
    started: tally.started + count('running'),
    repeated: tally.repeated + count('completed'),
    stale: tally.stale + count('cancelled'),
  };
}

function keyOf({ request }: PlannedRow): string {
  return clientKey(request);
}
