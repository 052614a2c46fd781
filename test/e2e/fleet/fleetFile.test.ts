import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Site } from '@connected-registry/local-stack/bench/fleet/fleetWorld';
import type { FleetPlan } from '../../../packages/cli/src/fleet/plan/planFile.js';
import { Crctl } from '../cli/crctl.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { startRolloutStack, type RolloutStack } from '../rollouts/rolloutStack.js';

let stack: RolloutStack;
let site: Site;
let program: Crctl;
let folder: string;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 1 });
  const { azure, edge, functions } = stack.it.stack.endpoints;
  program = await Crctl.installed({ CRCTL_URL: functions.url, CRCTL_KEY: functions.key });
  ({ folder } = program);
  site = { registry: azure.registry, connectedRegistry: edge.connectedRegistry };
}, 600_000);
afterAll(async () => {
  await stack.dispose();
  program.dispose();
});

const crctl = (...argv: readonly string[]) => program.run(argv);

/** Writes the fleet file with so many devices. */
function fleetOf(devices: readonly string[], repository = 'hello-world'): void {
  const { registry, connectedRegistry } = site;
  writeFileSync(
    join(folder, 'fleet.yaml'),
    `apiVersion: connected-registry-onboarding/v1
kind: Fleet
defaults: {registry: ${registry}, repositories: [${repository}]}
rollout: {failureLimit: {percent: 100, minimum: 100}}
connectedRegistries:
  ${connectedRegistry}:
    clients: [${devices.join(', ')}]
`,
  );
}

const planned = async (...flags: readonly string[]) => crctl('plan', 'fleet.yaml', '--detailed-exitcode', ...flags);
const DEVICES = ['device-1', 'device-2', 'device-3'];

// Each test goes on with what the one before has left.
test('a plan writes nothing, and names the writes of each client', async () => {
  fleetOf(DEVICES);
  let plan;
  const writes = await stack.it.armWrites(async () => {
    plan = await planned('--out', 'plan.json');
  });
  expect(writes).toBe(0);
  expect(plan).toMatchObject({ code: 2 });
  const { out } = await planned();
  expect(out).toMatch(/^\+ \S+\/device-1\n {4}has no credential\n(?: {4}\* .*\n)*? {4}\* create token /m);
  expect(out).toContain('3 to add, 0 to change, 0 to remove, 0 equal');
  expect(out).toMatch(/onboard +3 clients, about 6 writes to Azure Resource Manager, at least /);
});

test('a plan is carried out with the writes that it named and what its clients share, and then there is nothing to do', async () => {
  const { dryRuns } = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as FleetPlan;
  const [named = 0] = dryRuns.map((one) => one.writes);
  const writes = await stack.it.armWrites(async () => {
    expect(await crctl('apply', 'plan.json')).toMatchObject({ code: 0 });
  });
  console.log(`onboarding ${DEVICES.length}: ${writes} writes, ${named} by the plan`);
  // A token and a password each. So few clients make the shared scope map once, and write the client list once or
  // twice.
  expect(named).toBe(2 * DEVICES.length);
  expect(writes).toBeGreaterThanOrEqual(named + 2);
  expect(writes).toBeLessThanOrEqual(named + 3);
  const again = await planned();
  expect(again.out).toMatch(/0 to add, 0 to change, 0 to remove, 3 equal$/m);
  expect(again.code).toBe(0);
});

test('a plan whose world has moved is refused', async () => {
  // The plan of the first test: its clients are there by now.
  const writes = await stack.it.armWrites(async () => {
    const refused = await crctl('apply', 'plan.json', '--yes');
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.err).toContain('device-1 is new');
  });
  expect(writes).toBe(0);
});

test('what exists can be exported, and a plan of that is empty', async () => {
  const { code, out } = await crctl('export');
  expect(code).toBe(0);
  writeFileSync(join(folder, 'exported.yaml'), out);
  const plan = await crctl('plan', 'exported.yaml', '--detailed-exitcode', '-o', 'name');
  expect(plan).toMatchObject({ code: 0, out: '' });
  expect(out).toContain('device-3');
});

test('a smaller file takes nothing away, unless it is told how much', async () => {
  fleetOf(DEVICES.slice(1));
  expect(await planned('-o', 'name')).toMatchObject({ code: 0, out: '' });
  expect(await planned('--prune')).toMatchObject({ code: 1 });
  fleetOf([]);
  expect(await planned('--prune', '--max-deletes', '2')).toMatchObject({ code: 1, out: '' });
  fleetOf(DEVICES.slice(1));
  const plan = await planned('--prune', '--max-deletes', '1', '--out', 'prune.json', '-o', 'name');
  expect(plan).toMatchObject({ code: 2, out: `${site.registry}/${site.connectedRegistry}/device-1\n` });
  // There is no terminal to ask at.
  expect(await crctl('apply', 'prune.json')).toMatchObject({ code: 2 });
  expect(await crctl('apply', 'prune.json', '--yes')).toMatchObject({ code: 0 });
  expect(await planned('--prune', '--max-deletes', '0')).toMatchObject({ code: 0 });
  expect((await crctl('clients', 'list', '-o', 'name')).out).not.toContain('device-1');
});

test('other rights move a client, a plan names them, and a repository that does not exist is refused', async () => {
  fleetOf(['{client: device-2, repositories: {hello-world: [content/read, metadata/read]}}', 'device-3']);
  const { out, code } = await planned();
  expect(code).toBe(2);
  expect(out).toMatch(/^~ \S+device-2\n {4}repositories: \+hello-world\/metadata\/read\n/m);
  expect(await crctl('apply', 'fleet.yaml', '--yes')).toMatchObject({ code: 0 });
  expect(await planned()).toMatchObject({ code: 0 });
  fleetOf(DEVICES.slice(1), 'nosuchrepository');
  const refused = await planned();
  expect(refused.code).toBe(1);
  expect(refused.out).toContain('would be refused: ');
});

test('a revoked client stays revoked, whatever the file says about it', async () => {
  const name = `${site.registry}/${site.connectedRegistry}/device-3`;
  expect(await crctl('revoke', name, '--yes', '--wait')).toMatchObject({ code: 0 });
  fleetOf([
    '{client: device-2, repositories: {hello-world: [content/read, metadata/read]}}',
    '{client: device-3, endpoint: "edge:5000"}',
  ]);
  const plan = await planned();
  expect(plan.code).toBe(0);
  expect(plan.out).toContain(`! ${name}\n    is revoked`);
  expect(await stack.it.armWrites(() => crctl('apply', 'fleet.yaml', '--yes'))).toBe(0);
  expect((await crctl('clients', 'list', '--state', 'revoked', '-o', 'name')).out).toBe(`${name}\n`);
});

test('neither files nor output have a password', async () => {
  const texts = ['plan.json', 'prune.json', 'exported.yaml'].map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(await findPasswords(stack.it, texts)).toMatchObject({ found: [], inVaultStore: true });
});
