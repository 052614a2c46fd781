import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { CommandContext } from '../../program/command.js';
import { EXIT } from '../../program/exitCodes.js';
import type { Output } from '../../output/output.js';
import type { Waiting } from '../../watch/deadline.js';
import type { WaitOptions } from '../shared/waiting.js';

/**
 * A rollout as it is, or with `--wait` once it rests; then the exit code says how it went.
 * @param goal status that a command to pause or to cancel is after
 */
export async function rolloutOutcome(
  context: CommandContext,
  rollout: Rollout,
  options: WaitOptions,
  goal?: Rollout['status'],
): Promise<Output> {
  const [{ rolloutOutput }, { watchRollout }] = await Promise.all([
    import('../../views/rolloutOutput.js'),
    import('../../watch/watchRollout.js'),
  ]);
  if (!options.wait)
    return { ...rolloutOutput(rollout), notes: [`Follow with: ${context.again} rollouts watch ${rollout.id}`] };
  const { api } = await context.connect();
  const ended = await watchRollout(
    api,
    rollout.id,
    rolloutWaiting(context, rollout.id, options.timeout),
    { sink: context.world.stderr, as: context.isWatched ? 'drawing' : 'nothing' },
    true,
  );
  return { ...rolloutOutput(ended), ...(ended.status === goal ? {} : judged(context, ended)) };
}

/**
 * What to say if waiting ends before the rollout does.
 * @param since when the timeout began to count, if that was earlier
 */
export function rolloutWaiting(
  { world, again }: CommandContext,
  id: string,
  timeout: number | undefined,
  since = world.now(),
): Waiting {
  return { world, timeout, since, subject: `Rollout ${id}`, again: [`${again} rollouts watch ${id}`] };
}

/** The exit code of a rollout that rests, and what to do next. */
export function judged({ again }: CommandContext, { id, status, counts }: Rollout): Pick<Output, 'exit' | 'notes'> {
  const failed = counts.failed > 0 ? [`The clients that failed: ${again} rollouts clients ${id} --state failed`] : [];
  switch (status) {
    case 'completed':
      return failed.length > 0 ? { exit: EXIT.failed, notes: failed } : {};
    case 'paused':
    case 'stopped':
      return {
        exit: EXIT.failed,
        notes: [...failed, `Correct the cause, then: ${again} rollouts resume ${id}`],
      };
    case 'refused':
      return { exit: EXIT.refused, notes: failed };
    case 'cancelled':
      return { exit: EXIT.failed, notes: failed };
    case 'opening':
    case 'running':
      return {};
  }
}
