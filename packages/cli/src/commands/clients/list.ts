import { defineCommand } from '../../program/command.js';
import { listOutput } from '../../output/output.js';
import { CLIENT_STATES, chosenOf } from '../shared/choices.js';
import { clientText } from '../shared/clientNames.js';
import { LIMIT_OPTIONS, readPages } from '../shared/pages.js';
import type { ClientsQuery } from '../../api/requests.js';
import { present } from '../shared/present.js';

export const clientsList = defineCommand({
  name: 'clients list',
  summary: 'list clients that have a credential',
  description: 'Tokens that belong to no client are listed by `crctl import`.',
  args: [],
  options: {
    registry: { kind: 'text', value: 'NAME', short: 'r', help: 'of this registry only' },
    connectedRegistry: { kind: 'text', value: 'NAME', short: 'c', help: 'of this connected registry only' },
    state: {
      kind: 'text',
      value: 'STATE',
      short: 's',
      choices: CLIENT_STATES,
      help: `in this state only: ${CLIENT_STATES.join(', ')}`,
    },
    expiresBefore: { kind: 'text', value: 'TIME', help: 'that expire before an instant: 2027-03-01T12:00:00Z' },
    reach: { kind: 'flag', help: 'with how each device is reached, its last contact and the thumbprint of its key' },
    ...LIMIT_OPTIONS,
  },
  examples: [
    { text: 'what needs attention', line: 'crctl clients list --state drifted' },
    {
      text: 'names and dates for a script',
      line: 'crctl clients list --all --query "clients[].[client, expiresOn]" -o csv',
    },
  ],
  usesApp: true,
  async run(context, { options }) {
    const { api } = await context.connect();
    const [{ routes }, { CLIENT_COLUMNS, REACH_COLUMNS }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/clientColumns.js'),
    ]);
    const { registry, connectedRegistry, state, expiresBefore, reach } = options;
    const filter = present<ClientsQuery>({
      registry,
      connectedRegistry,
      state: chosenOf(CLIENT_STATES, state),
      expiresBefore,
      reach: reach ? 'true' : undefined,
    });
    const { items, notes } = await readPages(async (page) => {
      const { clients, continuation } = await routes.clients(api, { ...filter, ...page });
      return { items: clients, continuation };
    }, options);
    const columns = reach ? [...CLIENT_COLUMNS, ...REACH_COLUMNS] : CLIENT_COLUMNS;
    return listOutput({ clients: items }, items, columns, clientText, { notes });
  },
});
