import type { RecordedOperation } from '@connected-registry/protocol/answers/answers';
import type { ClientAnswer, ClientView, Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { tableOf, type Block, type Column, type Output } from '../output/output.js';
import { shortTime } from '../output/times.js';
import { CLIENT_COLUMNS } from './clientColumns.js';
import { statusTone } from './operationColumns.js';

const DIFFERENCE_COLUMNS: readonly Column<Difference>[] = [
  { header: 'DIFFERENCE', value: ({ code }) => code, tone: () => 'bad' },
  { header: 'EXPECTED', value: ({ expected }) => expected },
  { header: 'FOUND', value: ({ found, assignment }) => found ?? assignment },
];

const RUN_COLUMNS: readonly Column<RecordedOperation>[] = [
  { header: 'KIND', firm: true, value: ({ kind }) => kind },
  { header: 'STATUS', firm: true, value: ({ status }) => status, tone: ({ status }) => statusTone(status) },
  { header: 'CODE', value: ({ failure }) => failure?.code },
  { header: 'STARTED', firm: true, value: ({ startedAt }) => shortTime(startedAt) },
  { header: 'BY', value: ({ actor }) => actor },
  { header: 'ID', minor: 1, value: ({ id }) => id },
];

/** One client, and its last runs. */
export function clientOutput(client: ClientAnswer, operations: readonly RecordedOperation[]): Output {
  const hasCredential = 'token' in client;
  return {
    data: { client, operations },
    table: tableOf(hasCredential ? [client] : [], CLIENT_COLUMNS),
    names: [client.key],
    blocks: [
      {
        fields: hasCredential
          ? credentialFields(client)
          : [
              ['key', client.key],
              ['state', client.state],
              ['running', client.running],
            ],
      },
      ...(hasCredential ? [{ title: 'Differences', table: tableOf(client.differences, DIFFERENCE_COLUMNS) }] : []),
      ...(hasCredential && client.scopeMap.actions.length > 0
        ? [{ title: `Rights by ${client.scopeMap.name}`, lines: client.scopeMap.actions }]
        : []),
      ...reachBlock(client),
      { title: 'Last runs', table: tableOf(operations, RUN_COLUMNS) },
    ],
  };
}

function credentialFields(client: ClientView): readonly (readonly [string, string | undefined])[] {
  const { identity, pull, secret } = client;
  return [
    ['client', client.client],
    ['connected registry', client.connectedRegistry],
    ['registry', client.registry],
    ['key', client.key],
    ['state', client.state],
    ['token', `${client.token}${client.bound ? '' : ', not bound'}`],
    ['secret', `${secret.name}, ${client.slot}${secret.isEnabled ? '' : ', disabled'}`],
    ['vault', client.vault],
    ['issued', shortTime(client.issuedAt)],
    ['expires', shortTime(client.expiresOn)],
    ['endpoint', client.endpoint],
    ['last pull', pull === undefined ? undefined : `${pull.image} at ${shortTime(pull.verifiedAt)}`],
    ['identity', identity === undefined ? undefined : `${identity.principalId} (${identity.principalType})`],
    ['running', client.running],
  ];
}

function reachBlock({ reach }: ClientAnswer): Block[] {
  if (!reach) return [];
  return [
    {
      title: 'Device',
      fields: [
        ['reached by', reach.kind],
        ['joined', shortTime(reach.joinedAt)],
        ['last contact', shortTime(reach.lastContactAt)],
        ['keys since', shortTime(reach.keysSince)],
        ['thumbprint', reach.thumbprint],
        ['poller', reach.poller?.objectId],
        ['poller since', shortTime(reach.poller?.since)],
        ['last poll', shortTime(reach.poller?.lastContactAt)],
        [
          'join token',
          reach.enrolment === undefined
            ? undefined
            : `${reach.enrolment.state}, until ${shortTime(reach.enrolment.expiresAt)}`,
        ],
      ],
    },
  ];
}
