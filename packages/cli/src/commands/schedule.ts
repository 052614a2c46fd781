import { defineCommand } from '../program/command.js';
import { listOutput, type Column } from '../output/output.js';
import { shortTime } from '../output/times.js';
import type { ScheduleQuery } from '../api/requests.js';
import { present } from './shared/present.js';
import type { ScheduledRotation } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { clientText } from './shared/clientNames.js';

const COLUMNS: readonly Column<ScheduledRotation>[] = [
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  {
    header: 'STATE',
    firm: true,
    value: ({ state }) => state,
    tone: ({ state }) => (state === 'late' ? 'bad' : undefined),
  },
  { header: 'DUE', firm: true, value: ({ dueAt }) => shortTime(dueAt) },
  { header: 'DEADLINE', firm: true, minor: 2, value: ({ deadline }) => shortTime(deadline) },
  { header: 'EXPIRES', firm: true, minor: 1, value: ({ expiresOn }) => shortTime(expiresOn) },
  {
    header: 'WHY',
    value: ({ deferred, retryAt, unknown }) =>
      [
        deferred && `${deferred.reason}${deferred.until ? ` until ${shortTime(deferred.until)}` : ''}`,
        retryAt && `retry at ${shortTime(retryAt)}`,
        unknown && `unknown: ${unknown.join(', ')}`,
      ]
        .filter(Boolean)
        .join('; '),
  },
];

export const schedule = defineCommand({
  name: 'schedule',
  summary: 'show when credentials are due for rotation, the earliest first',
  args: [],
  options: {
    registry: { kind: 'text', value: 'NAME', short: 'r', help: 'of this registry only' },
    connectedRegistry: { kind: 'text', value: 'NAME', short: 'c', help: 'of this connected registry only' },
    limit: { kind: 'number', value: 'N', short: 'n', help: 'at most so many' },
  },
  examples: [{ text: 'the next ten', line: 'crctl schedule --limit 10' }],
  usesApp: true,
  async run(context, { options: { limit, registry, connectedRegistry } }) {
    const { api } = await context.connect();
    const { routes } = await import('../api/routes.js');
    const answer = await routes.schedule(api, present<ScheduleQuery>({ top: limit, registry, connectedRegistry }));
    const { clients, total } = answer;
    return listOutput(answer, clients, COLUMNS, clientText, {
      notes: total > clients.length ? [`${clients.length} of ${total}: --limit N shows more.`] : [],
    });
  },
});
