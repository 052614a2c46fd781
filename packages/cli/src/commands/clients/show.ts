import { defineCommand } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { CLIENT_ARGUMENT, findKey, NAME_OPTIONS } from '../shared/clientNames.js';

export const clientsShow = defineCommand({
  name: 'clients show',
  summary: 'show one client: state, rights, credential, device, and its last runs',
  args: [{ ...CLIENT_ARGUMENT, help: `${CLIENT_ARGUMENT.help}; or the client’s key` }],
  options: { ...NAME_OPTIONS },
  examples: [
    { text: 'by its name', line: 'crctl clients show plant7registry/press-1' },
    { text: 'only its state', line: 'crctl clients show plant7registry/press-1 --query client.state' },
  ],
  usesApp: true,
  async run(context, { args: [text = ''], options }) {
    const { api, place } = await context.connect();
    const [{ routes }, { clientOutput }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/client.js'),
    ]);
    const key = await findKey(api, text, options, place);
    const client = await routes.client(api, key);
    const { operations } = await routes.clientOperations(api, key).catch((error: unknown) => {
      // No run of it is known: it was only let in with a join token.
      if (error instanceof CommandError && error.code === EXIT.notFound) return { operations: [] };
      throw error;
    });
    return clientOutput(client, operations);
  },
});
