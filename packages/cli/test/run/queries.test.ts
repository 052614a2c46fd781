import { expect, test } from 'vitest';
import { clientsQuery, operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import { headOfQuery, rolloutCsvQuery } from '@connected-registry/protocol/requests/rolloutCsvOptions';
import { rolloutClientsQuery, rolloutsQuery } from '@connected-registry/protocol/requests/rolloutQueries';
import { rolloutHead } from '@connected-registry/protocol/requests/rolloutRequest';
import { scheduleQuery } from '@connected-registry/protocol/requests/scheduleQuery';
import { present } from '../../src/commands/shared/present.js';
import { ROLLOUT } from '../fakes/answers.js';
import { sent } from '../fakes/runCrctl.js';

/* The parameters of requests are what the app takes: its own schemas read them. */

async function queryOf(argv: readonly string[], answer: unknown, files: Record<string, string> = {}) {
  const { path = '' } = await sent(argv, answer, {}, files);
  return Object.fromEntries(new URL(path, 'https://x').searchParams);
}

test('all options of a rollout beside CSV', async () => {
  const query = await queryOf(
    [
      'rollouts start --kind onboard -f a.csv -c plant7registry -r myregistry --name plant-7 --repository a',
      '--repository b --lifetime-days 60 --canary 1 --wave-size 100 --pause 10m --failure-percent 5',
      '--failure-minimum 3 --start-at 2027-01-01T00:00:00Z --dry-run',
    ]
      .join(' ')
      .split(' ')
      .concat('--freeze-window', '0 18 * * 5|PT62H|Europe/Berlin', '--freeze-window', '0 0 1 1 *|P1D|UTC'),
    ROLLOUT,
    { 'a.csv': 'client\npress-1\n' },
  );
  const head = headOfQuery(rolloutCsvQuery.parse(query));
  expect(rolloutHead.parse({ ...head, clients: [{ client: 'press-1' }] })).toEqual({
    kind: 'onboard',
    name: 'plant-7',
    clients: [{ client: 'press-1' }],
    defaults: {
      registry: 'myregistry',
      connectedRegistry: 'plant7registry',
      repositories: ['a', 'b'],
      credentialLifetimeDays: 60,
    },
    waves: { canary: 1, size: 100, pauseSeconds: 600 },
    failureLimit: { percent: 5, minimum: 3 },
    startAt: '2027-01-01T00:00:00Z',
    freezeWindows: ['0 18 * * 5|PT62H|Europe/Berlin', '0 0 1 1 *|P1D|UTC'],
    dryRun: true,
  });
});

test('of the schedule', async () => {
  const flags = 'schedule --limit 10 -r myregistry -c plant7registry'.split(' ');
  const query = await queryOf(flags, { clients: [], total: 0 });
  expect(scheduleQuery.parse(query)).toEqual({ top: 10, registry: 'myregistry', connectedRegistry: 'plant7registry' });
});

const NAMES = '-r myregistry -c plant7registry';
const REGISTRIES = { registry: 'myregistry', connectedRegistry: 'plant7registry' };

test.each([
  [
    `clients list ${NAMES} -s expiring --expires-before 2027-03-01T12:00:00Z --limit 7`,
    { clients: [] },
    clientsQuery,
    { ...REGISTRIES, state: 'expiring', expiresBefore: '2027-03-01T12:00:00Z', top: 7 },
  ],
  ['clients list --reach --limit 7', { clients: [] }, clientsQuery, { reach: 'true', top: 7 }],
  [
    `ops list ${NAMES} --client press-1 --kind rotate -s failed,rolledBack --code sync-overdue --since 2027-03-01T12:00:00Z --created-after 2027-03-01T12:00:00Z --created-before 2027-03-02T12:00:00Z`,
    { operations: [] },
    operationsQuery,
    {
      ...REGISTRIES,
      client: 'press-1',
      kind: 'rotate',
      status: ['rolledBack', 'failed'],
      code: ['sync-overdue'],
      since: '2027-03-01T12:00:00Z',
      createdAfter: '2027-03-01T12:00:00Z',
      createdBefore: '2027-03-02T12:00:00Z',
      top: 100,
    },
  ],
  ['rollouts list --limit 7', { rollouts: [] }, rolloutsQuery, { top: 7 }],
  ['rollouts clients x -s failed', { clients: [] }, rolloutClientsQuery, { state: 'failed', top: 100 }],
] as const)('of %s', async (line, answer, schema, expected) => {
  expect(schema.parse(await queryOf(line.split(' '), answer))).toEqual(expected);
});

test('a field that a request does not have does not compile; nothing that is absent or empty is sent', () => {
  interface Fields {
    readonly client: string;
    readonly dryRun?: boolean;
    readonly waves?: { readonly size?: number };
    readonly clients?: readonly string[];
  }
  const given = present<Fields>({ client: undefined, dryRun: false, waves: {}, clients: [] });
  expect(given).toEqual({});
  // @ts-expect-error -- the request has no such field
  expect(present<Fields>({ client: '', canary: 0 })).toEqual({ client: '', canary: 0 });
  // @ts-expect-error -- without the type of a request nothing would be compared
  expect(present({ canary: 1 })).toEqual({ canary: 1 });
});
