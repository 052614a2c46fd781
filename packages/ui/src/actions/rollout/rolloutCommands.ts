import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { FaultError } from '../../data/fault.js';
import type { Action, Plan } from '../dialog/action.js';

export type RolloutCommand = 'pause' | 'resume' | 'cancel' | 'retry-failed';

/** In which statuses the app takes a command. */
const FITTING: Readonly<Record<RolloutCommand, readonly Rollout['status'][]>> = {
  pause: ['running'],
  resume: ['paused', 'stopped'],
  'retry-failed': ['running', 'paused', 'stopped', 'completed', 'cancelled'],
  cancel: ['running', 'paused', 'stopped'],
};
const COMMANDS = ['pause', 'resume', 'retry-failed', 'cancel'] as const satisfies readonly RolloutCommand[];

const WORDS: Readonly<Record<RolloutCommand, Pick<Action, 'name' | 'title' | 'help' | 'isDanger'>>> = {
  pause: { name: 'Pause', title: 'Pause the rollout', help: 'Starts no more clients.' },
  resume: { name: 'Resume', title: 'Resume the rollout', help: 'Continues, also after the failure limit.' },
  'retry-failed': {
    name: 'Retry failed',
    title: 'Retry failed clients',
    help: 'Makes failed and cancelled clients wait again.',
  },
  cancel: {
    name: 'Cancel the rollout',
    title: 'Cancel the rollout',
    help: 'Cancels the clients that have not started.',
    isDanger: true,
  },
};

type Known = Pick<Rollout, 'status' | 'counts' | 'dryRun'>;

/** The commands that fit a rollout. */
export function commandsFor({ status, counts, dryRun }: Known): RolloutCommand[] {
  const isRetried = !dryRun && counts.failed + counts.cancelled > 0;
  return COMMANDS.filter((one) => FITTING[one].includes(status) && (one !== 'retry-failed' || isRetried));
}

/** @param name from outside */
export function rolloutAction(id: string, name: string, command: RolloutCommand): Action {
  const path = `rollouts/${encodeURIComponent(id)}`;
  return {
    ...WORDS[command],
    about: name,
    look: { to: ['rollouts', id], shows: 'the rollout' },
    plan: async (api) => commandPlan(command, known(await api.readOnce<Rollout>(path))),
    send: async (api) => {
      const { status } = known(await api.send<Rollout>('POST', `${path}/${command}`));
      return { sentence: `The app has taken it. The rollout was ${status} when it answered.` };
    },
  };
}

function known<T extends Known>(rollout: T): T {
  const given: unknown = rollout;
  if (typeof given === 'object' && given !== null && 'status' in given && 'counts' in given) return rollout;
  throw new FaultError({ kind: 'unexpected', status: 200 });
}

const clients = (count: number) => (count === 1 ? '1 client' : `${count} clients`);

/** What a command would do to a rollout as it is now. */
export function commandPlan(command: RolloutCommand, rollout: Known & Pick<Rollout, 'reason'>): Plan {
  return FITTING[command].includes(rollout.status)
    ? { sentences: sentencesOf(command, rollout) }
    : { sentences: [`The rollout is ${rollout.status} now, so this does not fit.`], isImpossible: true };
}

function sentencesOf(command: RolloutCommand, { status, reason, counts }: Known & Pick<Rollout, 'reason'>): string[] {
  const running =
    counts.running === 0 ? 'No client is running.' : `Clients that are running end by themselves: ${counts.running}.`;
  switch (command) {
    case 'pause':
      return [`No more clients are started: ${clients(counts.waiting)} would go on waiting.`, running];
    case 'cancel':
      return [`${clients(counts.waiting)} would be cancelled before their start.`, running];
    case 'resume':
      return [
        `${clients(counts.waiting)} that wait would be started, as the waves of the rollout and Azure allow.`,
        ...(reason === 'failure-limit' ? ['Failures count from zero again.'] : []),
      ];
    case 'retry-failed':
      return [
        `${clients(counts.failed + counts.cancelled)} would wait again: ${counts.failed} failed, ${counts.cancelled} cancelled.`,
        status === 'paused'
          ? 'The rollout stays paused: resume it when the cause is corrected.'
          : 'They are started as soon as Azure allows.',
      ];
  }
}
