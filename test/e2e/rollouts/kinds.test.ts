import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Site } from '@connected-registry/local-stack/bench/fleet/fleetWorld';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { findPasswords } from '../harness/passwordSearch.js';
import { clientsOf, NO_LIMIT, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

const ROWS = 8;

let stack: RolloutStack;
let site: Site;
let clients: readonly ClientReference[];
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 1 });
  const { azure, edge } = stack.it.stack.endpoints;
  // The seeded connected registry syncs, and a rotation waits for that.
  site = { registry: azure.registry, connectedRegistry: edge.connectedRegistry };
  clients = clientsOf(site, 'device', ROWS);
}, 600_000);
afterAll(() => stack.dispose());

/** Starts a rollout and waits until it is over. */
async function run(body: Record<string, unknown>) {
  const id = await stack.rollouts.start({ failureLimit: NO_LIMIT, ...body });
  return { id, view: await stack.rollouts.atRest(id) };
}

const everyClient = () => clients.map(({ client }) => client).toSorted();

// Each test goes on with what the one before has left.
test('a dry run plans the writes of each client, and writes nothing', async () => {
  const { it, rollouts } = stack;
  // The second one requests a repository that does not exist: the dry run says so of its row alone.
  const [known] = clients;
  if (!known) throw new Error('There is a client.');
  const lost = { ...known, client: 'lost', repositories: ['nosuchrepository'] };
  let id = '';
  const writes = await it.armWrites(async () => {
    ({ id } = await run(onboardingOf([known, lost], { dryRun: true })));
  });
  expect(writes).toBe(0);
  expect(await rollouts.view(id)).toMatchObject({
    status: 'completed',
    dryRun: true,
    counts: { planned: 1, failed: 1 },
    failures: { problems: 1 },
  });
  const [planned, refused] = await rollouts.rows(id);
  expect(planned).toMatchObject({ row: 1, client: known.client, state: 'planned' });
  expect(planned?.writes?.length).toBeGreaterThan(1);
  expect(refused).toMatchObject({ row: 2, state: 'failed', code: 'problems' });
  expect(refused?.problems?.length).toBeGreaterThan(0);
  expect(await rollouts.runsOf(known)).toEqual([]);
});

test('onboard: rows are listed by page and by state, each with its operation', async () => {
  const { rollouts, it } = stack;
  const { id, view } = await run(onboardingOf(clients, { name: 'first fleet' }));
  expect(view).toMatchObject({
    name: 'first fleet',
    kind: 'onboard',
    status: 'completed',
    rows: ROWS,
    counts: { completed: ROWS },
    wave: { of: 1 },
  });
  expect(view.endedAt).toBeDefined();
  const rows = await rollouts.rows(id, undefined, 3);
  expect(rows.map(({ row, client }) => [row, client])).toEqual(clients.map(({ client }, n) => [n + 1, client]));
  for (const { operation } of rows)
    expect(await it.app.operation(operation ?? '')).toMatchObject({ kind: 'onboard', status: 'completed' });
  expect(await rollouts.rows(id, 'failed')).toEqual([]);
  expect(await rollouts.rows(id, 'completed')).toHaveLength(ROWS);
});

test('rotate: clients that are selected by their connected registry get new passwords', async () => {
  const { rollouts, it } = stack;
  const before = await it.operator.logins();
  const { id, view } = await run({ kind: 'rotate', select: { connectedRegistry: site.connectedRegistry } });
  expect(view).toMatchObject({ status: 'completed', rows: ROWS, counts: { completed: ROWS } });
  const rows = await rollouts.rows(id);
  expect(rows.map(({ client }) => client).toSorted()).toEqual(everyClient());
  const old = new Set(before.map(({ password }) => password));
  expect((await it.operator.logins()).filter(({ password }) => !old.has(password)).length).toBeGreaterThanOrEqual(ROWS);
});

test('check: a client that differs from its setup fails with findings, the others complete', async () => {
  const { it, rollouts } = stack;
  const { id: healthy, view } = await run({ kind: 'check', clients });
  expect(view).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
  expect(new Set((await rollouts.rows(healthy)).map(({ operation }) => operation)).size).toBe(1);

  const { resourceGroup, registry } = it.stack.endpoints.azure;
  const { connectedRegistries } = it.operator.registries;
  await connectedRegistries.update(resourceGroup, registry, site.connectedRegistry, { clientTokenIds: [] });
  const changed = await run({ kind: 'check', clients });
  expect(changed.view.status).toBe('completed');
  expect(changed.view.failures).toEqual({ findings: changed.view.counts.failed });
  expect(changed.view.counts.failed).toBeGreaterThan(0);
});

test('offboard: a dry run says what goes, then every client is gone', async () => {
  const { it, rollouts } = stack;
  const dry = await run({ kind: 'offboard', clients, dryRun: true });
  expect(dry.view).toMatchObject({ counts: { planned: ROWS } });
  for (const { writes } of await rollouts.rows(dry.id)) expect(writes?.length).toBeGreaterThan(0);
  const { arm } = it.stack.endpoints.azure;
  const { https } = it.stack.controlPlane;
  await forgetRequests(arm, https);
  const { view } = await run({ kind: 'offboard', clients, waves: { canary: 1, size: 4 } });
  expect(view).toMatchObject({ status: 'completed', counts: { completed: ROWS }, wave: { of: 3 } });
  // Each token is disabled and deleted, and what clients share goes once; a wave writes the client list once or twice.
  const { kinds } = await countArmRequests(arm, https);
  console.log(`offboarding ${ROWS}: ${JSON.stringify(kinds)}`);
  expect(kinds['delete']).toBeLessThanOrEqual(ROWS + 1);
  expect(kinds['write']).toBeLessThanOrEqual(ROWS + 2 * 3);
  const left = await it.operator.everything();
  expect(left.tokens.filter((name) => name.includes('device-'))).toEqual([]);
});

test('no password appears outside the vault', async () => {
  expect((await findPasswords(stack.it)).found).toEqual([]);
});
