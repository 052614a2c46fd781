import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { ROLLOUT } from '../fakes/answers.js';
import { fakeWorld } from '../fakes/fakeWorld.js';
import { OVERVIEW } from '../fakes/overview.js';

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

test('shows those of an app that does not name the pages of its inventory', async () => {
  const { inventoryPages: _, ...older } = OVERVIEW;
  const { code, out } = await overview(older);
  expect(code).toBe(0);
  expect(out).toMatch(/clients +12: 1 revoked, 2 drifted, 9 ok\n/);
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
