import { defineCommand } from '../../program/command.js';
import { waitingFor } from '../shared/started.js';
import { WATCH_OPTIONS } from '../shared/waiting.js';
import { OPERATION_ARGUMENT } from './show.js';

export const opsWatch = defineCommand({
  name: 'ops watch',
  summary: 'watch operations until they have ended',
  description:
    'On a terminal it draws a timeline; elsewhere it prints one line of JSON for each change. The exit code says how the operations ended.',
  args: [{ ...OPERATION_ARGUMENT, repeats: true }],
  options: { ...WATCH_OPTIONS },
  examples: [
    { text: 'watch one', line: 'crctl ops watch ID' },
    { text: 'watch what is in progress', line: 'crctl ops list -s running -o name | xargs -r crctl ops watch' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { world } = context;
    const { api } = await context.connect();
    const [{ watchOperations }, { operationsOutput }] = await Promise.all([
      import('../../watch/watchOperations.js'),
      import('../../views/operation.js'),
    ]);
    const ids = [...new Set(args)];
    const isDrawn = world.stdout.isTTY === true && world.env['TERM'] !== 'dumb';
    const ended = await watchOperations(api, ids, waitingFor(context, ids, options.timeout), {
      sink: world.stdout,
      as: isDrawn ? 'drawing' : 'lines',
    });
    return { ...operationsOutput(ended), isShown: true };
  },
});
