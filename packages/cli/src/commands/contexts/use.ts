import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { listOutput } from '../../output/output.js';
import { CONTEXT_COLUMNS } from './contextColumns.js';

export const use = defineCommand({
  name: 'use',
  summary: 'make a context the current one',
  args: [{ name: 'NAME', help: 'name of the context' }],
  options: {},
  examples: [{ text: 'work with another app', line: 'crctl use staging' }],
  usesApp: false,
  async run({ world }, { args: [name = ''] }) {
    const { readContexts, writeContexts } = await import('../../connection/contextFile.js');
    const found = readContexts(world);
    const place = Object.hasOwn(found.contexts, name) ? found.contexts[name] : undefined;
    if (!place) throw usageError(`There is no context ${JSON.stringify(name)}.`, '`crctl contexts` lists them.');
    writeContexts(world, { ...found, current: name });
    const shown = { name, isCurrent: true, ...place };
    return listOutput(shown, [shown], CONTEXT_COLUMNS, () => name);
  },
});
