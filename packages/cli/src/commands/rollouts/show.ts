import { defineCommand, type ArgumentSpec } from '../../program/command.js';

export const ROLLOUT_ARGUMENT: ArgumentSpec = { name: 'ID', help: 'id of the rollout' };

export const rolloutsShow = defineCommand({
  name: 'rollouts show',
  summary: 'show one rollout with its numbers',
  args: [ROLLOUT_ARGUMENT],
  options: {},
  examples: [{ text: 'only its status', line: 'crctl rollouts show ID --query status' }],
  usesApp: true,
  async run(context, { args: [id = ''] }) {
    const { api } = await context.connect();
    const [{ routes }, { rolloutOutput }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/rolloutOutput.js'),
    ]);
    return rolloutOutput(await routes.rollout(api, id));
  },
});
