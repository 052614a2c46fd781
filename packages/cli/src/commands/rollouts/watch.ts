import { defineCommand } from '../../program/command.js';
import { WATCH_OPTIONS } from '../shared/waiting.js';
import { judged, rolloutWaiting } from './outcome.js';
import { ROLLOUT_ARGUMENT } from './show.js';

export const rolloutsWatch = defineCommand({
  name: 'rollouts watch',
  summary: 'watch a rollout until it has ended or stopped',
  description:
    'On a terminal it draws bars of clients and waves, rate, time left, and how many times the shortest possible time it takes; elsewhere it prints one line of JSON for each change. A paused rollout is still watched.',
  args: [ROLLOUT_ARGUMENT],
  options: { ...WATCH_OPTIONS },
  examples: [{ text: 'watch for an hour at most', line: 'crctl rollouts watch ID --timeout 1h' }],
  usesApp: true,
  async run(context, { args: [id = ''], options }) {
    const { world } = context;
    const { api } = await context.connect();
    const [{ watchRollout }, { rolloutOutput }] = await Promise.all([
      import('../../watch/watchRollout.js'),
      import('../../views/rolloutOutput.js'),
    ]);
    const isDrawn = world.stdout.isTTY === true && world.env['TERM'] !== 'dumb';
    const ended = await watchRollout(
      api,
      id,
      rolloutWaiting(context, id, options.timeout),
      { sink: world.stdout, as: isDrawn ? 'drawing' : 'lines' },
      false,
    );
    return { ...rolloutOutput(ended), ...judged(context, ended), isShown: true };
  },
});
