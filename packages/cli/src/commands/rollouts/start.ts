import { defineCommand } from '../../program/command.js';
import { CLIENTS_ARGUMENT } from '../shared/clientNames.js';
import { confirm } from '../shared/confirm.js';
import { startWarnings } from '../shared/startWarnings.js';
import { rolloutOutcome } from './outcome.js';
import { START_OPTIONS } from './startOptions.js';
import { requestOf } from './startRequest.js';

export const rolloutsStart = defineCommand({
  name: 'rollouts start',
  summary: 'do one thing to many clients, in waves',
  description:
    'Clients come from arguments, from --file or from --selector. Rows of a file are checked by the app before any of them starts. An offboarding asks first.',
  args: [{ ...CLIENTS_ARGUMENT, optional: true }],
  options: START_OPTIONS,
  examples: [
    {
      text: 'onboard the clients of a spreadsheet, ten of them first',
      line: 'crctl rollouts start --kind onboard -f clients.csv --repository hello-world --canary 10 --wave-size 100',
    },
    { text: 'plan it, and change nothing', line: 'crctl rollouts start -f rollout.yaml --dry-run --wait' },
    { text: 'rotate what expires soon', line: 'crctl rollouts start --kind rotate -l state=expiring --wait' },
  ],
  usesApp: true,
  shownBy: 'rollouts list',
  async run(context, { args, options }) {
    const { api } = await context.connect();
    const { kind, what, start } = await requestOf(context, args, options);
    if (kind === 'offboard' && !options.dryRun) await confirm(context, `Remove ${what}`, options.yes);
    const { routes } = await import('../../api/routes.js');
    const rollout = await start(api, routes);
    const output = await rolloutOutcome(context, rollout, options);
    return { ...output, notes: [...startWarnings(rollout.warnings), ...(output.notes ?? [])] };
  },
});
