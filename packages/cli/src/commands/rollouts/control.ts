import { defineCommand, type Command } from '../../program/command.js';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { RolloutCommand } from '../../api/routes.js';
import { ROLLOUT_WAIT_OPTIONS } from '../shared/waiting.js';
import { rolloutOutcome } from './outcome.js';
import { ROLLOUT_ARGUMENT } from './show.js';

/** The four commands to a rollout differ in their words only. */
function control(command: RolloutCommand, summary: string, description: string, goal?: Rollout['status']): Command {
  return defineCommand({
    name: `rollouts ${command}`,
    summary,
    description,
    args: [ROLLOUT_ARGUMENT],
    options: { ...ROLLOUT_WAIT_OPTIONS },
    examples: [],
    usesApp: true,
    shownBy: 'rollouts list',
    async run(context, { args: [id = ''], options }) {
      const { api } = await context.connect();
      const { routes } = await import('../../api/routes.js');
      return rolloutOutcome(context, await routes.commandRollout(api, id, command), options, goal);
    },
  });
}

export const rolloutsPause = control(
  'pause',
  'start no more clients of a rollout',
  'Clients that are running end by themselves.',
  'paused',
);
export const rolloutsResume = control(
  'resume',
  'continue a rollout that is paused or stopped',
  'Also after its failure limit: the failures count from zero again.',
);
export const rolloutsCancel = control(
  'cancel',
  'cancel the clients of a rollout that have not started',
  'Clients that are running end by themselves; crctl ops cancel stops one of them.',
  'cancelled',
);
export const rolloutsRetryFailed = control(
  'retry-failed',
  'make failed and cancelled clients of a rollout wait again',
  'A paused rollout stays paused: resume it when the cause is corrected.',
);
