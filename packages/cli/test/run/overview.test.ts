import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { ROLLOUT } from '../fakes/answers.js';
import { fakeWorld } from '../fakes/fakeWorld.js';

const OVERVIEW: Overview = {
  asOf: '2026-11-30T11:00:00.000Z',
  ageSeconds: 75,
  inventory: 'v1',
  inventoryPages: ['W/"v1"'],
  problems: [],
  clients: {
    total: 12,
    byState: { orphaned: 0, revoked: 1, expired: 0, unbound: 0, drifted: 2, changing: 0, expiring: 0, ok: 9 },
    expiring: { within7Days: 1, within14Days: 3, within30Days: 4 },
    rotationDue: 5,
  },
  runs: {
    asOf: '2026-11-30T11:01:10.000Z',
    ageSeconds: 5,
    inProgress: { onboard: 3, offboard: 0, rotate: 0, revoke: 0, check: 1 },
    failures: { since: '2026-11-29T11:01:10.000Z', total: 2, byCode: { 'pull-check-deadline': 2 } },
  },
  rollouts: [ROLLOUT],
  connectedRegistries: [
    {
      registry: 'myregistry',
      name: 'line3',
      parent: 'plant7registry',
      path: ['plant7registry', 'line3'],
      connectionState: 'Offline',
      clients: 4,
      cap: 50,
    },
  ],
  freezes: [],
};

async function overview(json: Overview, ...flags: readonly string[]) {
  const world = fakeWorld(() => ({ json }));
  const code = await run(['overview', ...flags], world);
  return { code, out: world.out(), err: world.err(), asked: world.requests.map(({ path }) => path) };
}

test('shows the numbers of the fleet, open rollouts and connected registries', async () => {
  const { code, out, err, asked } = await overview(OVERVIEW);
  expect({ code, err, asked }).toEqual({ code: 0, err: '', asked: ['/overview'] });
  for (const line of [
    /clients +12: 1 revoked, 2 drifted, 9 ok\n/,
    /expiring +1 in 7 days, 3 in 14, 4 in 30\n/,
    /in progress +3 onboard, 1 check\n/,
    /failures, last day +2: 2 pull-check-deadline\n/,
    new RegExp(`${ROLLOUT.id} +${ROLLOUT.kind} ${ROLLOUT.status}`),
    /plant7registry > line3 +Offline +unknown/,
  ])
    expect(out).toMatch(line);
});

test('has connected registries as CSV and as names', async () => {
  expect((await overview(OVERVIEW, '-o', 'csv')).out).toBe(
    'REGISTRY,CONNECTED REGISTRY,STATE,ACTIVATION,LAST SYNC,CLIENTS,CAP\nmyregistry,plant7registry > line3,Offline,unknown,,4,50\n',
  );
  expect((await overview(OVERVIEW, '-o', 'name')).out).toBe('myregistry/line3\n');
});

test('says what could not be read', async () => {
  const problems = [
    { code: 'clients-not-read', since: '2026-11-30T10:00:00.000Z', message: 'list tokens of x: refused' },
  ] as const;
  const { err } = await overview({ ...OVERVIEW, problems });
  expect(err).toMatch(/Not read since .*list tokens of x: refused/);
});
