import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../packages/cli/src/commands/commands.js';
import { onTerminal, type Typed } from '../../packages/cli/test/screens/terminal.js';
import { startTestStack, type TestStack } from '../e2e/harness/testStack.js';
import { installCrctl } from '../shared/installedCrctl.js';

/*
 * Every command of crctl as a person runs it: on a pseudo-terminal, against a whole stack, with the questions that it asks there. Tests
 * follow each other. Each runs at 80 or at 140 columns. They need `script` of util-linux.
 */

let it: TestStack;
let parent: string;
let program: string;
const known = new Map<string, string>();
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'crctl-terminal-'));
  const [stack, installed] = await Promise.all([
    startTestStack({ settings: { PASSWORD_REPLICATION_SECONDS: '1' } }),
    installCrctl(parent),
  ]);
  it = stack;
  program = installed.program;
  const { azure, functions } = it.stack.endpoints;
  await it.stack.controlPlane.https(`${azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
  known.set('KEY_FILE', join(parent, 'key')).set('URL', functions.url);
  known.set('SENSOR', `${azure.registry}/myconnectedregistry/sensor-1`);
  writeFileSync(join(parent, 'key'), functions.key, { mode: 0o600 });
  writeFileSync(join(parent, 'clients.csv'), 'client\noven-1\noven-2\n');
  const fleet = {
    apiVersion: 'connected-registry-onboarding/v1',
    kind: 'Fleet',
    defaults: { registry: azure.registry, repositories: ['hello-world'] },
    connectedRegistries: { myconnectedregistry: { clients: ['press-1', 'press-2'] } },
  };
  writeFileSync(join(parent, 'fleet.yaml'), JSON.stringify(fleet));
}, 300_000);
afterAll(async () => {
  rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  await it.dispose();
});

interface Step {
  /** As COMMANDS names it. */
  readonly command: string;
  /** What follows the command's words; `{NAME}` is filled in. */
  readonly line: string;
  readonly shows: RegExp;
  readonly typed?: Typed;
  /** Keeps the first group of `shows` under this name. */
  readonly keeps?: string;
}

const YES: Typed = { after: '[y/N]', keys: 'y\r' };
const C = '-c myconnectedregistry';

const STEPS: readonly Step[] = [
  { command: 'login', line: `--url {URL} --key-file {KEY_FILE} --name test ${C}`, shows: /test/ },
  { command: 'use', line: 'test', shows: /test/ },
  { command: 'contexts', line: '', shows: /test/ },
  { command: 'version', line: '', shows: /CRCTL/ },
  { command: 'doctor', line: '', shows: /^ok +app/m },
  { command: 'schema', line: '', shows: /json-schema/ },
  { command: 'completion', line: 'bash', shows: /_crctl/ },
  { command: 'onboard', line: 'press-1 --repository hello-world --wait', shows: /status +completed/ },
  { command: 'clients list', line: '', shows: /press-1/ },
  { command: 'clients show', line: 'press-1', shows: /^state +ok/m },
  { command: 'ops list', line: '-o name -n 1', shows: /^(\S+\.\S+)$/m, keeps: 'OPERATION' },
  { command: 'ops show', line: '{OPERATION}', shows: /completed/ },
  { command: 'ops watch', line: '{OPERATION}', shows: /completed/ },
  { command: 'rotate', line: 'press-1 --wait', shows: /completed/ },
  { command: 'schedule', line: '', shows: /press-1/ },
  { command: 'check', line: '--all --wait', shows: /press-1|checked/ },
  { command: 'plan', line: 'fleet.yaml --out plan.json', shows: /1 to add, 0 to change, 0 to remove, 1 equal/ },
  { command: 'apply', line: 'fleet.yaml', shows: /Carry out 1 change\? \[y\/N\]/, typed: YES },
  { command: 'export', line: '', shows: /press-2/ },
  { command: 'import', line: '', shows: /belongs to a client/ },
  { command: 'overview', line: '', shows: /myconnectedregistry/ },
  {
    command: 'rollouts start',
    line: `--kind onboard -f clients.csv ${C} --repository hello-world --canary 1 --wait`,
    shows: /clients +2 of 2 ended|2 of 2/,
  },
  { command: 'rollouts list', line: '-o name', shows: /^(\S{10,})$/m, keeps: 'ROLLOUT' },
  { command: 'rollouts show', line: '{ROLLOUT}', shows: /wave +2 of 2, 1 client\b/ },
  { command: 'rollouts clients', line: '{ROLLOUT}', shows: /oven-2/ },
  { command: 'rollouts watch', line: '{ROLLOUT}', shows: /2 of 2/ },
  {
    command: 'rollouts start',
    line: 'oven-1 --kind check --start-at 2099-01-01T00:00:00Z -o name',
    shows: /^(\S{10,})$/m,
    keeps: 'LATER',
  },
  { command: 'rollouts pause', line: '{LATER} --wait', shows: /paused/ },
  { command: 'rollouts resume', line: '{LATER}', shows: /running/ },
  { command: 'rollouts cancel', line: '{LATER} --wait', shows: /cancelled/ },
  { command: 'rollouts retry-failed', line: '{LATER}', shows: /running/ },
  { command: 'rollouts cancel', line: '{LATER} --wait', shows: /cancelled/ },
  { command: 'enrol', line: 'sensor-1 --out token', shows: /sensor-1/ },
  {
    command: 'clients set-poller',
    line: 'press-2 11111111-2222-3333-4444-555555555555',
    shows: /11111111-2222-3333-4444-555555555555/,
  },
  { command: 'clients remove-poller', line: 'press-2', shows: /press-2/ },
  { command: 'clients withdraw', line: '{SENSOR}', shows: /WITHDRAWN/ },
  { command: 'ops cancel', line: '{CANCELLED} --wait', shows: /rolledBack|cancelled/ },
  { command: 'revoke', line: 'press-1 --wait', shows: /Block press-1\? \[y\/N\]/, typed: YES },
  { command: 'offboard', line: 'press-1 --wait', shows: /Remove press-1\? \[y\/N\]/, typed: YES },
  { command: 'logout', line: 'test', shows: /test|context/ },
];

test('every command has a step', () => {
  const stepped = new Set(STEPS.map(({ command }) => command));
  expect(COMMANDS.map(({ name }) => name).filter((name) => !stepped.has(name))).toEqual([]);
});

function runs(line: string, columns: number, typed?: Typed) {
  const filled = line.replaceAll(/\{(\w+)\}/g, (_all, name: string) => known.get(name) ?? `no-${name}`);
  const env = { HOME: parent, XDG_CONFIG_HOME: join(parent, 'config') };
  return onTerminal(`sh -c 'cd ${parent} && exec ${program} ${filled}'`, columns, env, typed);
}

test.each(STEPS.map((step, index) => [step.command, step.line, index % 2 === 0 ? 80 : 140, step] as const))(
  'crctl %s %s, at %i columns',
  async (command, line, columns, { shows, typed, keeps }) => {
    // Its device does not answer, so that there is something to cancel.
    const device = command === 'ops cancel' ? it.stack.pidOf('device') : undefined;
    if (device !== undefined) {
      process.kill(device, 'SIGSTOP');
      const started = await runs('onboard press-9 --repository hello-world -o name', columns);
      known.set('CANCELLED', started.text.split('\n')[0]?.trim() ?? '');
    }
    try {
      const { text, raw, code } = await runs(`${command} ${line}`, columns, typed);
      expect(code, text).toBe(0);
      expect(text).toMatch(shows);
      for (const shown of text.split('\n')) expect(shown.length).toBeLessThanOrEqual(columns);
      // Whoever hides the cursor shows it again.
      expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(raw.lastIndexOf('\u001b[?25l'));
      if (keeps !== undefined) known.set(keeps, shows.exec(text)?.[1] ?? '');
    } finally {
      if (device !== undefined) process.kill(device, 'SIGCONT');
    }
  },
);
