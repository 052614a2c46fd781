import { defineCommand } from '../../program/command.js';

export const schema = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of fleet files, for editors',
  args: [],
  options: {},
  examples: [{ text: 'beside the file, which names it in its first line', line: 'crctl schema > fleet.schema.json' }],
  usesApp: false,
  async run() {
    const { fleetJsonSchema } = await import('../../fleet/file/jsonSchema.js');
    return {
      data: `${JSON.stringify(fleetJsonSchema(), undefined, 2)}\n`,
      isText: true,
      table: { headers: [], rows: [] },
      names: [],
    };
  },
});
