import type { PollerAnswer } from '@connected-registry/protocol/answers/clientAnswers';
import { listOutput, type Column } from '../../output/output.js';
import { shortTime } from '../../output/times.js';
import { defineCommand } from '../../program/command.js';
import { CLIENT_ARGUMENT, findKey, NAME_OPTIONS } from '../shared/clientNames.js';
import { POLLER_HELP } from '../shared/pollerHelp.js';

const CLIENT_OR_KEY = { ...CLIENT_ARGUMENT, help: `${CLIENT_ARGUMENT.help}; or the client’s key` };

const POLLER_COLUMNS: readonly Column<PollerAnswer>[] = [
  { header: 'POLLER', firm: true, value: ({ poller }) => poller.objectId },
  { header: 'SINCE', firm: true, value: ({ poller }) => shortTime(poller.since) },
  { header: 'KEY', value: ({ key }) => key },
];

export const setPoller = defineCommand({
  name: 'clients set-poller',
  summary: 'let another Entra identity poll for an onboarded client',
  description:
    'It counts from the next poll, without a run and without a pull. To have the new device prove a pull, onboard the client with --poller instead.',
  args: [CLIENT_OR_KEY, { name: 'OBJECT_ID', help: POLLER_HELP }],
  options: { ...NAME_OPTIONS },
  examples: [
    {
      text: 'for a replaced gateway',
      line: 'crctl clients set-poller plant7registry/press-1 11111111-2222-3333-4444-555555555555',
    },
  ],
  usesApp: true,
  shownBy: null,
  async run(context, { args: [text = '', poller = ''], options }) {
    const { api, place } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const answer = await routes.setPoller(api, await findKey(api, text, options, place), { poller });
    return listOutput(answer, [answer], POLLER_COLUMNS, ({ key }) => key);
  },
});

export const removePoller = defineCommand({
  name: 'clients remove-poller',
  summary: 'remove the poller from a client’s record',
  description: 'From then on the pollers of the app’s profiles count again.',
  args: [CLIENT_OR_KEY],
  options: { ...NAME_OPTIONS },
  examples: [{ text: 'by its name', line: 'crctl clients remove-poller plant7registry/press-1' }],
  usesApp: true,
  shownBy: null,
  async run(context, { args: [text = ''], options }) {
    const { api, place } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    const key = await findKey(api, text, options, place);
    await routes.removePoller(api, key);
    return listOutput({ key }, [key], [{ header: 'REMOVED', value: (one) => one }], (one) => one);
  },
});
