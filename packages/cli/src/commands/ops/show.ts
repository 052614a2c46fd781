import { defineCommand, type ArgumentSpec } from '../../program/command.js';

export const OPERATION_ARGUMENT: ArgumentSpec = { name: 'ID', help: 'id of the operation' };

export const opsShow = defineCommand({
  name: 'ops show',
  summary: 'show one operation with its steps, its result or its failure',
  args: [OPERATION_ARGUMENT],
  options: {},
  examples: [{ text: 'only its result', line: 'crctl ops show ID --query result -o yaml' }],
  usesApp: true,
  async run(context, { args: [id = ''] }) {
    const { api } = await context.connect();
    const [{ routes }, { operationOutput }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/operation.js'),
    ]);
    // That the operation failed is what it shows; showing it succeeded.
    const { exit: _exit, ...output } = operationOutput(await routes.operation(api, id));
    return output;
  },
});
