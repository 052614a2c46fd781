import { defineCommand } from '../../program/command.js';
import { CLIENT_ARGUMENT, findKey, NAME_OPTIONS } from '../shared/clientNames.js';
import { listOutput } from '../../output/output.js';

export const withdraw = defineCommand({
  name: 'clients withdraw',
  summary: 'withdraw a join token that no device has used',
  args: [{ ...CLIENT_ARGUMENT, help: `${CLIENT_ARGUMENT.help}; or the key that crctl enrol printed` }],
  options: { ...NAME_OPTIONS },
  examples: [
    { text: 'by the key', line: 'crctl clients withdraw myregistry-plant7registry-sensor-7-21982a38dae198be' },
  ],
  usesApp: true,
  shownBy: null,
  async run(context, { args: [text = ''], options }) {
    const { api, place } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const key = await findKey(api, text, options, place);
    await routes.withdraw(api, key);
    return listOutput({ key }, [key], [{ header: 'WITHDRAWN', value: (one) => one }], (one) => one);
  },
});
