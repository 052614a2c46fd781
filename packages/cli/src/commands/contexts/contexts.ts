import { defineCommand } from '../../program/command.js';
import { listOutput } from '../../output/output.js';
import { CONTEXT_COLUMNS } from './contextColumns.js';

export const contexts = defineCommand({
  name: 'contexts',
  summary: 'list the contexts',
  args: [],
  options: {},
  examples: [{ text: 'their names', line: 'crctl contexts -o name' }],
  usesApp: false,
  async run({ world }) {
    const { readContexts } = await import('../../connection/contextFile.js');
    const found = readContexts(world);
    const shown = Object.entries(found.contexts).map(([name, place]) => ({
      name,
      isCurrent: name === found.current,
      ...place,
    }));
    return listOutput(shown, shown, CONTEXT_COLUMNS, ({ name }) => name, {
      notes: shown.length === 0 ? ['There is no context. `crctl login --url URL` makes one.'] : [],
    });
  },
});
