import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../packages/cli/src/commands/commands.js';
import { onTerminal, type Typed } from '../../packages/cli/test/screens/terminal.js';
import { startTestStack, type TestStack } from '../e2e/harness/testStack.js';
import { installCrctl } from '../shared/installedCrctl.js';

/*
 * Every command of crctl as a person runs it: on a pseudo-terminal, against a whole stack, with the questions that it
 * asks there. Tests follow each other. All run at 80 columns, and again at 140 with other clients. They need `script`
 * of util-linux.
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
  known.set('REGISTRY', azure.registry);
  writeFileSync(join(parent, 'key'), functions.key, { mode: 0o600 });
  for (const columns of WIDTHS) {
    writeFileSync(join(parent, `clients-${columns}.csv`), `client\noven-1-${columns}\noven-2-${columns}\n`);
    const fleet = {
      apiVersion: 'connected-registry-onboarding/v1',
      kind: 'Fleet',
      defaults: { registry: azure.registry, repositories: ['hello-world'] },
      connectedRegistries: { myconnectedregistry: { clients: [`press-1-${columns}`, `press-2-${columns}`] } },
    };
    writeFileSync(join(parent, `fleet-${columns}.yaml`), JSON.stringify(fleet));
  }
}, 300_000);
afterAll(async () => {
  rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  await it.dispose();
});

const WIDTHS = [80, 140];

interface Step {
  /** As COMMANDS names it. */
  readonly command: string;
  /** What follows the command's words; `{NAME}` is filled in, `{W}` with the columns. */
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
  { command: 'onboard', line: 'press-1-{W} --repository hello-world --wait', shows: /status +completed/ },
  { command: 'clients list', line: '', shows: /press-1-/ },
  { command: 'clients show', line: 'press-1-{W}', shows: /^state +ok/m },
  { command: 'ops list', line: '-o name -n 1', shows: /^(\S+\.\S+)$/m, keeps: 'OPERATION' },
  { command: 'ops show', line: '{OPERATION}', shows: /completed/ },
  { command: 'ops watch', line: '{OPERATION}', shows: /completed/ },
  { command: 'rotate', line: 'press-1-{W} --wait', shows: /completed/ },
  { command: 'schedule', line: '', shows: /press-1-/ },
  { command: 'check', line: '--all --wait', shows: /press-1-|checked/ },
  { command: 'plan', line: 'fleet-{W}.yaml --out plan-{W}.json', shows: /1 to add, 0 to change, 0 to remove, 1 equal/ },
  { command: 'apply', line: 'fleet-{W}.yaml', shows: /Carry out 1 change\? \[y\/N\]/, typed: YES },
  { command: 'export', line: '', shows: /press-2-/ },
  { command: 'import', line: '', shows: /belongs to a client/ },
  { command: 'overview', line: '', shows: /myconnectedregistry/ },
  {
    command: 'rollouts start',
    line: `--kind onboard -f clients-{W}.csv ${C} --repository hello-world --canary 1 --wait`,
    shows: /clients +2 of 2 ended|2 of 2/,
  },
  { command: 'rollouts list', line: '-o name', shows: /^(\S{10,})$/m, keeps: 'ROLLOUT' },
  { command: 'rollouts show', line: '{ROLLOUT}', shows: /wave +2 of 2, 1 client\b/ },
  { command: 'rollouts clients', line: '{ROLLOUT}', shows: /oven-2-/ },
  { command: 'rollouts watch', line: '{ROLLOUT}', shows: /2 of 2/ },
  {
    command: 'rollouts start',
    line: 'oven-1-{W} --kind check --start-at 2099-01-01T00:00:00Z -o name',
    shows: /^(\S{10,})$/m,
    keeps: 'LATER',
  },
  { command: 'rollouts pause', line: '{LATER} --wait', shows: /paused/ },
  { command: 'rollouts resume', line: '{LATER}', shows: /running/ },
  { command: 'rollouts cancel', line: '{LATER} --wait', shows: /cancelled/ },
  { command: 'rollouts retry-failed', line: '{LATER}', shows: /running/ },
  { command: 'rollouts cancel', line: '{LATER} --wait', shows: /cancelled/ },
  { command: 'enrol', line: 'sensor-1-{W} --out token-{W}', shows: /sensor-1-/ },
  {
    command: 'clients set-poller',
    line: 'press-2-{W} 11111111-2222-3333-4444-555555555555',
    shows: /11111111-2222-3333-4444-555555555555/,
  },
  { command: 'clients remove-poller', line: 'press-2-{W}', shows: /press-2-/ },
  { command: 'clients withdraw', line: '{REGISTRY}/myconnectedregistry/sensor-1-{W}', shows: /WITHDRAWN/ },
  { command: 'ops cancel', line: '{CANCELLED} --wait', shows: /rolledBack|cancelled/ },
  { command: 'revoke', line: 'press-1-{W} --wait', shows: /Block press-1-\d+\? \[y\/N\]/, typed: YES },
  { command: 'offboard', line: 'press-1-{W} --wait', shows: /Remove press-1-\d+\? \[y\/N\]/, typed: YES },
  { command: 'logout', line: 'test', shows: /test|context/ },
];

test('every command has a step', () => {
  const stepped = new Set(STEPS.map(({ command }) => command));
  expect(COMMANDS.map(({ name }) => name).filter((name) => !stepped.has(name))).toEqual([]);
});

function runs(line: string, columns: number, typed?: Typed) {
  const filled = line
    .replaceAll('{W}', String(columns))
    .replaceAll(/\{(\w+)\}/g, (_all, name: string) => known.get(name) ?? `no-${name}`);
  const env = { HOME: parent, XDG_CONFIG_HOME: join(parent, 'config') };
  return onTerminal(`${program} ${filled}`, columns, env, { typed, cwd: parent });
}

describe.each(WIDTHS)('at %i columns', (columns) => {
  test.each(STEPS.map((step) => [step.command, step.line, step] as const))(
    'crctl %s %s',
    async (command, line, { shows, typed, keeps }) => {
      // Its device does not answer, so that there is something to cancel.
      const device = command === 'ops cancel' ? it.stack.pidOf('device') : undefined;
      if (device !== undefined) {
        process.kill(device, 'SIGSTOP');
        const started = await runs('onboard press-9-{W} --repository hello-world -o name', columns);
        known.set('CANCELLED', started.text.split('\n')[0]?.trim() ?? '');
      }
      try {
        const { text, raw, code, wrappedRows } = await runs(`${command} ${line}`, columns, typed);
        expect(code, text).toBe(0);
        expect(text).toMatch(shows);
        expect(wrappedRows).toEqual([]);
        // Whoever hides the cursor shows it again.
        expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(raw.lastIndexOf('\u001b[?25l'));
        if (keeps !== undefined) known.set(keeps, shows.exec(text)?.[1] ?? '');
      } finally {
        if (device !== undefined) process.kill(device, 'SIGCONT');
      }
    },
  );
});
