import { defineCommand } from '../../program/command.js';
import { confirm, namesOf, YES_OPTION } from '../shared/confirm.js';
import { CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import type { RotationFields } from '../../api/requests.js';
import { present } from '../shared/present.js';
import { checkCount, startedOutput } from '../shared/started.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';

export const rotate = defineCommand({
  name: 'rotate',
  summary: 'rotate the credentials of clients',
  description: 'With --urgent the password in use stops working at once, so it asks first.',
  args: [CLIENTS_ARGUMENT],
  options: {
    ...NAME_OPTIONS,
    urgent: { kind: 'flag', help: 'for a compromised password: no access until the device has the new one' },
    ...YES_OPTION,
    ...DRY_RUN_OPTION,
    ...WAIT_OPTIONS,
  },
  examples: [
    { text: 'rotate one client', line: 'crctl rotate plant7registry/press-1 --wait' },
    {
      text: 'rotate what is about to expire',
      line: 'crctl clients list --state expiring -o name | xargs -r crctl rotate --wait',
    },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    const { urgent, dryRun } = options;
    checkCount(args, 'rotate');
    const { api, place } = await context.connect();
    const clients = args.map((text) => readClient(text, options, place));
    if (urgent && !dryRun)
      await confirm(context, `Replace the password in use of ${namesOf(args)} at once`, options.yes);
    const { routes } = await import('../../api/routes.js');
    const answer = await routes.rotate(api, { clients, ...present<RotationFields>({ urgent, dryRun }) });
    if ('operations' in answer) return startedOutput(context, answer, options);
    return (await import('../../views/dryRun.js')).dryRunOutput(answer);
  },
});
