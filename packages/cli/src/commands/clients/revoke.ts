import { defineCommand } from '../../program/command.js';
import { CLIENTS_ARGUMENT } from '../shared/clientNames.js';
import { takeAway, TAKING_AWAY_OPTIONS } from './takingAway.js';

export const revoke = defineCommand({
  name: 'revoke',
  summary: 'block stolen devices now, and keep everything for inspection',
  description:
    'In the cloud a device is blocked at once, at the edge from the next sync on. Only a later onboarding clears a revocation. It asks first.',
  args: [CLIENTS_ARGUMENT],
  options: TAKING_AWAY_OPTIONS,
  examples: [
    { text: 'block a stolen device', line: 'crctl revoke plant7registry/press-1 --wait' },
    { text: 'the same in a pipeline', line: 'crctl revoke plant7registry/press-1 --yes --wait' },
  ],
  usesApp: true,
  run: (context, input) => takeAway(context, input, 'Block', 'revoke'),
});
