import { defineCommand } from '../../program/command.js';
import { CLIENTS_ARGUMENT } from '../shared/clientNames.js';
import { takeAway, TAKING_AWAY_OPTIONS } from './takingAway.js';

export const offboard = defineCommand({
  name: 'offboard',
  summary: 'remove clients: binding, token, scope map and secrets',
  description: 'A run in progress is ended first. It asks first, since nothing brings a credential back.',
  args: [CLIENTS_ARGUMENT],
  options: TAKING_AWAY_OPTIONS,
  examples: [
    { text: 'remove a retired device', line: 'crctl offboard plant7registry/press-1 --wait' },
    { text: 'show what would be removed', line: 'crctl offboard plant7registry/press-1 --dry-run' },
  ],
  usesApp: true,
  run: (context, input) => takeAway(context, input, 'Remove', 'offboard'),
});
