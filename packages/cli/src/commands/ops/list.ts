import { defineCommand } from '../../program/command.js';
import { listOutput } from '../../output/output.js';
import { chosenOf, OPERATION_KINDS, OPERATION_STATUSES } from '../shared/choices.js';
import { LIMIT_OPTIONS, readPages } from '../shared/pages.js';
import type { OperationsQuery } from '../../api/requests.js';
import { present } from '../shared/present.js';

export const opsList = defineCommand({
  name: 'ops list',
  summary: 'list operations, the newest first',
  args: [],
  options: {
    kind: {
      kind: 'text',
      value: 'KIND',
      choices: OPERATION_KINDS,
      help: `of this kind only: ${OPERATION_KINDS.join(', ')}`,
    },
    status: {
      kind: 'list',
      value: 'STATUS',
      short: 's',
      choices: OPERATION_STATUSES,
      help: `with these statuses only: ${OPERATION_STATUSES.join(', ')}`,
    },
    code: { kind: 'list', value: 'CODE', help: 'that failed with these codes only' },
    registry: { kind: 'text', value: 'NAME', short: 'r', help: 'of this registry only' },
    connectedRegistry: { kind: 'text', value: 'NAME', short: 'c', help: 'of this connected registry only' },
    client: { kind: 'text', value: 'NAME', help: 'of this client only' },
    since: { kind: 'text', value: 'TIME', help: 'that ended then or later, or have not ended: 2027-03-01T12:00:00Z' },
    createdAfter: { kind: 'text', value: 'TIME', help: 'that were requested after an instant' },
    createdBefore: { kind: 'text', value: 'TIME', help: 'that were requested before an instant' },
    ...LIMIT_OPTIONS,
  },
  examples: [
    { text: 'what is in progress', line: 'crctl ops list --status running' },
    { text: 'what failed since an instant', line: 'crctl ops list -s failed,rolledBack --since 2027-03-01T12:00:00Z' },
  ],
  usesApp: true,
  async run(context, { options }) {
    const { api } = await context.connect();
    const [{ routes }, { OPERATION_COLUMNS }] = await Promise.all([
      import('../../api/routes.js'),
      import('../../views/operationColumns.js'),
    ]);
    const { registry, connectedRegistry, client, since, createdAfter, createdBefore } = options;
    const filter = present<OperationsQuery>({
      registry,
      connectedRegistry,
      client,
      since,
      createdAfter,
      createdBefore,
      kind: chosenOf(OPERATION_KINDS, options.kind),
      status: options.status.join(',') || undefined,
      code: options.code.join(',') || undefined,
    });
    let omitsEarlier = false;
    const { items, notes } = await readPages(async (page) => {
      const { operations, continuation, ...rest } = await routes.operations(api, { ...filter, ...page });
      omitsEarlier ||= rest.omitsEarlier === true;
      return { items: operations, continuation };
    }, options);
    const earlier = omitsEarlier ? ['Some earlier operations are missing: use a later --since.'] : [];
    return listOutput({ operations: items }, items, OPERATION_COLUMNS, ({ id }) => id, {
      notes: [...notes, ...earlier],
    });
  },
});
