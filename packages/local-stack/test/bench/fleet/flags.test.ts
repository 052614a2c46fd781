import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { fleetPlan, OPTIONS } from '../../../src/bench/fleet/flags.js';

const COMMON = {
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;
const plan = (...args: string[]) => fleetPlan(parseArgs({ args, options: { ...OPTIONS, ...COMMON } }).values);

test('fifty clients share a connected registry, and fifty of these a container registry', () => {
  expect(plan()).toMatchObject({ clients: 100, connectedRegistries: 2, registries: 1, identities: 1 });
  expect(plan('--clients', '301')).toMatchObject({ connectedRegistries: 7 });
  expect(plan('--clients', '10000')).toMatchObject({ connectedRegistries: 200, registries: 4 });
});

test('flags choose all of it', () => {
  const size = ['--clients', '10', '--registries', '5', '--container-registries', '2'];
  const flags = [...size, '--identities', '4', '--slower', '5'];
  expect(
    plan(...flags, '--no-throttle', '--azure-pace', '--clock', 'jumping', '--az', '--set', 'A=1', '--rollout'),
  ).toEqual({
    clients: 10,
    connectedRegistries: 5,
    registries: 2,
    identities: 4,
    isRollout: true,
    isJoined: false,
    slower: 5,
    host: 'local',
    clock: 'jumping',
    isPaced: true,
    isThrottled: false,
    settings: { A: '1' },
    isComparedWithoutBudget: false,
    isComparedWithAz: true,
    keep: undefined,
  });
});

test.each([
  [['--clients', '0'], '--clients must be a whole number from 1 to 20000.'],
  [['--clients', '1e3'], '--clients must be a whole number from 1 to 20000.'],
  [
    ['--clients', '101', '--registries', '2'],
    '--registries must be at least 3: a connected registry takes 50 clients.',
  ],
  [['--container-registries', '3'], '--container-registries must be a whole number from 1 to 2.'],
  [['--identities', '16'], '--identities must be a whole number from 1 to 15.'],
  [['--rollout', '--clients', '10001'], '--rollout takes at most 10000 clients.'],
  [['--slower', '11'], '--slower must be a whole number from 1 to 10.'],
  [['--host', 'azure'], "--host must be one of local, functions, not 'azure'."],
  [['--clock', 'scaled'], "--clock must be one of real, jumping, standing, not 'scaled'."],
  [['--host', 'functions', '--clock', 'jumping'], '--clock jumping goes without --host functions'],
  [['--without-budget', '--no-throttle'], '--without-budget goes with the local host and with throttling only.'],
  [['--set', 'A'], '--set needs NAME=VALUE'],
])('%j is refused', (args, message) => {
  expect(() => plan(...args)).toThrow(message);
});

const bench = (flags: readonly string[], env: Record<string, string>) =>
  spawnSync(process.execPath, [compiled('local-stack/bench/fleet/main.js'), ...flags], { env, encoding: 'utf8' });

test.each([
  [['--az'], {}, 'the Azure CLI, az, is not installed (Debian package azure-cli)'],
  [['--host', 'functions'], {}, 'FUNCTIONS_HOST names no host'],
  [
    ['--host', 'functions'],
    { FUNCTIONS_HOST: import.meta.filename },
    'the host that FUNCTIONS_HOST names needs dotnet on the PATH',
  ],
])('names in one line what %j needs and this machine lacks, with exit code 3', (flags, env, reason) => {
  const { status, stdout, stderr } = bench(flags, { PATH: '', ...env });
  expect({ status, stdout, stderr }).toEqual({
    status: 3,
    stdout: `bench:fleet did not run: ${reason}.\n`,
    stderr: '',
  });
});

test('a setting that the app does not have is refused', () => {
  const { status, stderr } = bench(['--set', 'NO_SUCH_SETTING=1'], { PATH: '' });
  expect(status).toBe(2);
  expect(stderr).toContain('The app has no setting NO_SUCH_SETTING.');
});

test('devices that have joined need the real clock, since their requests wait', () => {
  expect(plan('--joined', '--rollout')).toMatchObject({ isJoined: true, isRollout: true, clock: 'real' });
  expect(() => plan('--joined', '--clock', 'jumping')).toThrow('--joined goes with --clock real');
});
