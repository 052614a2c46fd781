import { usageError } from '../../program/commandError.js';
import { defineCommand } from '../../program/command.js';
import { CLIENTS_ARGUMENT, NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import { checkCount, startedOne, startedOutput } from '../shared/started.js';
import { WAIT_OPTIONS } from '../shared/waiting.js';

export const check = defineCommand({
  name: 'check',
  summary: 'compare clients with what was requested',
  description:
    'It changes nothing. Each difference comes with the command that fixes it. With --wait the exit code says whether the check has ended, not what it has found.',
  args: [{ ...CLIENTS_ARGUMENT, optional: true }],
  options: {
    ...NAME_OPTIONS,
    all: { kind: 'flag', help: 'every client, and what no client uses' },
    ...WAIT_OPTIONS,
  },
  examples: [
    { text: 'check one client', line: 'crctl check plant7registry/press-1 --wait' },
    { text: 'check everything', line: 'crctl check --all --wait' },
  ],
  usesApp: true,
  async run(context, { args, options }) {
    if (options.all === args.length > 0) throw usageError('Name the clients to check, or give --all.');
    checkCount(args, 'check');
    const { api, place } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const clients = args.map((text) => readClient(text, options, place));
    const answer = await routes.check(api, options.all ? {} : { clients });
    if (options.all && answer.id !== undefined) return startedOne(context, { id: answer.id }, options);
    return startedOutput(context, answer, options);
  },
});
