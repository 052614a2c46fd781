import { defineCommand } from '../program/command.js';

export const overview = defineCommand({
  name: 'overview',
  summary: 'show the fleet in numbers, and its connected registries',
  args: [],
  options: {},
  examples: [
    { text: 'clients by state', line: 'crctl overview --query clients.byState' },
    { text: 'connected registries as CSV', line: 'crctl overview -o csv' },
  ],
  usesApp: true,
  async run(context) {
    const { api } = await context.connect();
    const [{ routes }, { overviewOutput }] = await Promise.all([
      import('../api/routes.js'),
      import('../views/overview.js'),
    ]);
    return overviewOutput(await routes.overview(api));
  },
});
