import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { problem } from '../harness/appClient.js';
import { TakingAway } from '../harness/takingAway.js';
import { clientsOf, ENDPOINT, NO_LIMIT, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';
import type { Row } from './rollouts.js';

const DAY = 86_400_000;
/** Its clients are onboarded at the third site. */
const LAMPS = { name: 'lamps', connectedRegistry: 'fleetsite3', clients: ['lamp-1', 'lamp-2'] };

let stack: RolloutStack;
let everybody: readonly ClientReference[];
beforeAll(async () => {
  const profile = { ...LAMPS, repositories: ['hello-world'], endpoint: ENDPOINT };
  stack = await startRolloutStack({ sites: 3, settings: { PROFILES: JSON.stringify([profile]) } });
  const [first, second, third] = stack.sites;
  if (!first || !second || !third) throw new Error('There are three sites.');
  const short = clientsOf(second, 'short', 2).map((client) => ({ ...client, credentialLifetimeDays: 40 }));
  const clients = [...clientsOf(first, 'oven', 3), ...clientsOf(second, 'press', 2), ...short];
  everybody = [...clients, ...clientsOf(third, 'lamp', 2)];
  const id = await stack.rollouts.start(onboardingOf(clients));
  const { counts } = await stack.rollouts.atRest(id);
  if (counts.completed !== clients.length) throw new Error(`Not all were onboarded: ${JSON.stringify(counts)}`);
}, 600_000);
afterAll(() => stack.dispose());

/** Runs a rollout of selected clients. @returns its rows, and the names of all clients that had a run meanwhile */
async function run(kind: string, select: Record<string, string>): Promise<{ rows: Row[]; treated: string[] }> {
  const { rollouts } = stack;
  const before = await rollouts.runCounts(everybody);
  const id = await rollouts.start({ kind, select, failureLimit: NO_LIMIT });
  const view = await rollouts.atRest(id);
  expect(view).toMatchObject({ status: 'completed', counts: { completed: view.rows } });
  const after = await rollouts.runCounts(everybody);
  const treated = everybody.map(({ client }) => client).filter((client) => after[client] !== before[client]);
  return { rows: await rollouts.rows(id), treated };
}

const namesIn = (rows: readonly Row[]): string[] => rows.map(({ client }) => client).toSorted();

// Each test goes on with what the one before has left.
test('by profile, onboard: the clients that the profile lists, at its connected registry', async () => {
  const { rows, treated } = await run('onboard', { profile: 'Lamps' });
  expect(namesIn(rows)).toEqual(LAMPS.clients);
  expect(rows.map(({ connectedRegistry }) => connectedRegistry)).toEqual(['fleetsite3', 'fleetsite3']);
  expect(treated).toEqual(LAMPS.clients);
});

test('by connected registry, whatever its case: its clients and no others', async () => {
  const { rows } = await run('check', { connectedRegistry: 'FleetSite2' });
  expect(namesIn(rows)).toEqual(['press-1', 'press-2', 'short-1', 'short-2']);
});

test('by state: the revoked client of several is offboarded', async () => {
  const [oven] = everybody;
  if (!oven) throw new Error('There is a client.');
  const away = new TakingAway(stack.it);
  const answer = await stack.it.app.post({ clients: [oven] }, 'revocations');
  expect(answer.status).toBe(202);
  const { operations } = z.object({ operations: z.array(z.object({ id: z.string() })) }).parse(answer.body);
  for (const { id } of operations) expect((await away.end(id)).status).toBe('completed');
  const { rows, treated } = await run('offboard', { state: 'revoked' });
  expect(namesIn(rows)).toEqual(['oven-1']);
  expect(treated).toEqual(['oven-1']);
});

test('by expiry, with all other fields that it is combined with: clients that match all of them', async () => {
  const expiresBefore = new Date(Date.now() + 60 * DAY).toISOString();
  const { rows, treated } = await run('offboard', { expiresBefore, connectedRegistry: 'fleetsite2', state: 'ok' });
  expect(namesIn(rows)).toEqual(['short-1', 'short-2']);
  expect(treated).toEqual(['short-1', 'short-2']);

  const nobody = await stack.rollouts.post({ kind: 'offboard', select: { expiresBefore } });
  expect([nobody.status, problem.parse(nobody.body).errors?.[0]?.field]).toEqual([400, 'select']);
});

test('by profile, offboard: its clients, and those of others stay', async () => {
  const { rows, treated } = await run('offboard', { profile: 'lamps' });
  expect(namesIn(rows)).toEqual(LAMPS.clients);
  expect(treated).toEqual(LAMPS.clients);
  const { rows: left } = await run('check', { state: 'ok' });
  expect(namesIn(left)).toEqual(['oven-2', 'oven-3', 'press-1', 'press-2']);
});
