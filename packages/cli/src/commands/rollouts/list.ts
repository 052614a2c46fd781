import { defineCommand } from '../../program/command.js';
import { listOutput } from '../../output/output.js';
import { LIMIT_OPTIONS, readPages } from '../shared/pages.js';

export const rolloutsList = defineCommand({
  name: 'rollouts list',
  summary: 'list rollouts, the newest first',
  args: [],
  options: { ...LIMIT_OPTIONS },
  examples: [{ text: 'the last five', line: 'crctl rollouts list --limit 5' }],
  usesApp: true,
  async run(context, { options }) {
    const { api } = await context.connect();
    const [{ routes }, { ROLLOUT_COLUMNS }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/rollout.js'),
    ]);
    const { items, notes } = await readPages(async (page) => {
      const { rollouts, continuation } = await routes.rollouts(api, page);
      return { items: rollouts, continuation };
    }, options);
    return listOutput({ rollouts: items }, items, ROLLOUT_COLUMNS, ({ id }) => id, { notes });
  },
});
