import { defineCommand } from '../../program/command.js';
import { EXIT } from '../../program/exitCodes.js';
import { startedOne } from '../shared/started.js';
import { WAIT_OPTIONS } from '../shared/waiting.js';
import { OPERATION_ARGUMENT } from './show.js';

export const opsCancel = defineCommand({
  name: 'ops cancel',
  summary: 'ask an operation to stop; it undoes its steps',
  description:
    'A run that is already promoting completes. An offboarding, a revocation and a run that has ended cannot be cancelled. With --wait the exit code is 0 if the run was cancelled, and 1 if it ended in another way.',
  args: [OPERATION_ARGUMENT],
  options: { ...WAIT_OPTIONS },
  examples: [{ text: 'cancel and see what was undone', line: 'crctl ops cancel ID --wait' }],
  usesApp: true,
  async run(context, { args: [id = ''], options }) {
    const { api } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const { exit: _exit, ...output } = await startedOne(context, await routes.cancel(api, id), options);
    const [ended] = output.operations;
    const isCancelled = ended === undefined || (ended.status === 'rolledBack' && ended.failure?.code === 'cancelled');
    return isCancelled ? output : { ...output, exit: EXIT.failed };
  },
});
