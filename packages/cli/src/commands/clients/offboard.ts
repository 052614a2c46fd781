import { defineCommand } from '../../program/command.js';
import { confirm, namesOf, YES_OPTION } from '../shared/confirm.js';
import { CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { present } from '../shared/present.js';
import { checkCount, startedOutput } from '../shared/started.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';

export const offboard = defineCommand({
  name: 'offboard',
  summary: 'remove clients: binding, token, scope map and secrets',
  description: 'A run in progress is ended first. It asks first, since nothing brings a credential back.',
  args: [CLIENTS_ARGUMENT],
  options: { ...NAME_OPTIONS, ...YES_OPTION, ...DRY_RUN_OPTION, ...WAIT_OPTIONS },
  examples: [
    { text: 'remove a retired device', line: 'crctl offboard plant7registry/press-1 --wait' },
    { text: 'show what would be removed', line: 'crctl offboard plant7registry/press-1 --dry-run' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { dryRun, yes } = options;
    checkCount(args, 'offboard');
    const { api, place } = await context.connect();
    const clients = args.map((text) => readClient(text, options, place));
    if (!dryRun) await confirm(context, `Remove ${namesOf(args)}`, yes);
    const { routes } = await import('../../api/routes.js');
    const answer = await routes.offboard(api, { clients, ...present({ dryRun }) });
    if ('operations' in answer) return startedOutput(context, answer, options);
    return (await import('../../views/dryRun.js')).dryRunOutput(answer);
  },
});
