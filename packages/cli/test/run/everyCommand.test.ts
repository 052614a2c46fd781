import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/commands.js';
import { run } from '../../src/program/run.js';
import { PROBLEM } from '../fakes/answers.js';
import { APP_URL, KEY, type FakeAnswer } from '../fakes/fakeWorld.js';
import { runCrctl } from '../fakes/runCrctl.js';

/* The same wrong use of every command: what all of them answer, and with which exit code. */

const FLEET =
  'apiVersion: connected-registry-onboarding/v1\nkind: Fleet\ndefaults: {repositories: [hello-world]}\nconnectedRegistries: {plant: {clients: [a]}}\n';

/** The shortest line of each command that is complete, without the command's own words. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  onboard: ['plant/a', '--repository', 'hello-world'],
  rotate: ['plant/a'],
  offboard: ['plant/a', '--yes'],
  revoke: ['plant/a', '--yes'],
  enrol: ['plant/a', '--show-tokens'],
  check: ['--all'],
  plan: ['fleet.yaml', '-r', 'myregistry'],
  apply: ['fleet.yaml', '-r', 'myregistry', '--yes'],
  overview: [],
  export: [],
  import: [],
  schema: [],
  'clients list': [],
  'clients show': ['registry-plant-a-21982a38dae198be'],
  'clients withdraw': ['registry/plant/a'],
  'clients set-poller': ['registry/plant/a', '11111111-2222-3333-4444-555555555555'],
  'clients remove-poller': ['registry/plant/a'],
  'ops list': [],
  'ops show': ['x.1'],
  'ops watch': ['x.1'],
  'ops cancel': ['x.1'],
  'rollouts start': ['plant/a', '--kind', 'check'],
  'rollouts list': [],
  'rollouts show': ['x'],
  'rollouts clients': ['x'],
  'rollouts watch': ['x'],
  'rollouts pause': ['x'],
  'rollouts resume': ['x'],
  'rollouts cancel': ['x'],
  'rollouts retry-failed': ['x'],
  schedule: [],
  login: ['--url', APP_URL],
  logout: ['x'],
  contexts: [],
  use: ['x'],
  doctor: [],
  completion: ['bash'],
  version: [],
};

const lineOf = (name: string): string[] => [...name.split(' '), ...(ARGUMENTS[name] ?? [])];
const runIn = (argv: readonly string[], answer: FakeAnswer, env?: Readonly<Record<string, string>>) =>
  runCrctl(argv, () => answer, env ? { env } : {}, { 'fleet.yaml': FLEET });

test('the list has every command', () => {
  const names = COMMANDS.map(({ name }) => name);
  expect(names.filter((name) => !(name in ARGUMENTS))).toEqual([]);
});

describe.each(COMMANDS.map(({ name }) => name))('crctl %s', (name) => {
  test('does not know an unknown flag: 2, and nothing is sent', async () => {
    const { code, out, err, world } = await runIn([...lineOf(name), '--no-such-flag'], { json: {} });
    expect({ code, out, sent: world.requests.length }).toEqual({ code: 2, out: '', sent: 0 });
    expect(err).toContain("unknown option '--no-such-flag'");
    expect(err).toContain(`Run crctl ${name} --help for commands and options.`);
  });

  test('has help: 0, on stdout', async () => {
    const { code, out, err, world } = await runIn([...name.split(' '), '--help'], { json: {} });
    expect({ code, err, sent: world.requests.length }).toEqual({ code: 0, err: '', sent: 0 });
    expect(out).toContain(`Usage: crctl ${name}`);
  });
});

/** `version` and `doctor` show what they know without an answer of the app. */
const ASKING = COMMANDS.filter(({ usesApp, name }) => usesApp && !['version', 'doctor'].includes(name)).map(
  ({ name }) => name,
);

describe.each(ASKING)('crctl %s', (name) => {
  test.each<[string, number, FakeAnswer]>([
    ['with an expired key ends with 4', 4, { status: 401, text: '' }],
    ['of a caller who is not an operator ends with 4', 4, { status: 403, text: '' }],
    ['of something that the app does not know ends with 3', 3, { status: 404, text: '' }],
    ['that is refused ends with 4', 4, { status: 400, json: PROBLEM }],
    ['at an app that fails ends with 1', 1, { status: 500, text: '<b>internal</b>' }],
  ])('%s', async (_what, expected, answer) => {
    const { code, out, err } = await runIn(lineOf(name), answer);
    expect({ code, out }, err).toEqual({ code: expected, out: '' });
    expect(err).toMatch(/^crctl: /m);
    expect(err).not.toMatch(new RegExp(`${KEY}|internal`));
  });

  test('without an app that is chosen ends with 2', async () => {
    const line = lineOf(name).filter((word) => word !== '--url' && word !== APP_URL);
    const { code, out, err } = await runIn(line, { json: {} }, {});
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/No app is chosen|Which app\?/);
  });

  test('without a connection ends with 1, and says whose address it was', async () => {
    const { world } = await runIn(['contexts'], {});
    const down = {
      ...world,
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: new Error('no route') })),
    };
    expect(await run(lineOf(name), down)).toBe(1);
    expect(world.err()).toContain(`${APP_URL} does not answer (no route).`);
  });
});
