import { defineCommand } from '../../program/command.js';
import { confirm, namesOf, YES_OPTION } from '../shared/confirm.js';
import { CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { present } from '../shared/present.js';
import { checkCount, startedOutput } from '../shared/started.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';

export const revoke = defineCommand({
  name: 'revoke',
  summary: 'block stolen devices now, and keep everything for inspection',
  description:
    'In the cloud a device is blocked at once, at the edge from the next sync on. Only a later onboarding clears a revocation. It asks first.',
  args: [CLIENTS_ARGUMENT],
  options: { ...NAME_OPTIONS, ...YES_OPTION, ...DRY_RUN_OPTION, ...WAIT_OPTIONS },
  examples: [
    { text: 'block a stolen device', line: 'crctl revoke plant7registry/press-1 --wait' },
    { text: 'the same in a pipeline', line: 'crctl revoke plant7registry/press-1 --yes --wait' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { dryRun, yes } = options;
    checkCount(args, 'offboard');
    const { api, place } = await context.connect();
    const clients = args.map((text) => readClient(text, options, place));
    if (!dryRun) await confirm(context, `Block ${namesOf(args)}`, yes);
    const { routes } = await import('../../api/routes.js');
    const answer = await routes.revoke(api, { clients, ...present({ dryRun }) });
    if ('operations' in answer) return startedOutput(context, answer, options);
    return (await import('../../views/dryRun.js')).dryRunOutput(answer);
  },
});
