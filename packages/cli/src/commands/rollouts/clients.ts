import { defineCommand } from '../../program/command.js';
import { listOutput, tableOf } from '../../output/output.js';
import { chosenOf, ROLLOUT_ROW_STATES } from '../shared/choices.js';
import { clientText } from '../shared/clientNames.js';
import { LIMIT_OPTIONS, readPages } from '../shared/pages.js';
import type { RolloutClientsQuery } from '../../api/requests.js';
import { present } from '../shared/present.js';
import { ROLLOUT_ARGUMENT } from './show.js';

export const rolloutsClients = defineCommand({
  name: 'rollouts clients',
  summary: 'list the clients of a rollout, with state and operation of each',
  args: [ROLLOUT_ARGUMENT],
  options: {
    state: {
      kind: 'text',
      value: 'STATE',
      short: 's',
      choices: ROLLOUT_ROW_STATES,
      help: `in this state only: ${ROLLOUT_ROW_STATES.join(', ')}`,
    },
    ...LIMIT_OPTIONS,
  },
  examples: [{ text: 'what failed', line: 'crctl rollouts clients ID --state failed' }],
  usesApp: true,
  async run(context, { args: [id = ''], options }) {
    const { api } = await context.connect();
    const [{ routes }, { ROLLOUT_CLIENT_COLUMNS }, { rowReasons }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/rollout.js'),
      import('../../views/rowReasons.js'),
    ]);
    const filter = present<RolloutClientsQuery>({ state: chosenOf(ROLLOUT_ROW_STATES, options.state) });
    const { items, notes } = await readPages(async (page) => {
      const { clients, continuation } = await routes.rolloutClients(api, id, { ...filter, ...page });
      return { items: clients, continuation };
    }, options);
    const reasons = rowReasons(items);
    return listOutput({ clients: items }, items, ROLLOUT_CLIENT_COLUMNS, clientText, {
      notes,
      ...(reasons.length > 0
        ? {
            blocks: [
              { table: tableOf(items, ROLLOUT_CLIENT_COLUMNS) },
              { title: 'Why rows would be refused', lines: reasons },
            ],
          }
        : {}),
    });
  },
});
