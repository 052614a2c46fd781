import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FlagError, HELP, parseLocalFlags } from '../../src/stack/commandLine.js';
import { unknownSettings } from '../../src/stack/knownSettings.js';

test('without flags the documented defaults apply', () => {
  expect(parseLocalFlags([])).toEqual({
    dataFolder: '.local',
    ports: { host: 7071, azure: 7443, edge: 8000 },
    syncSeconds: 1,
    azurePace: false,
    reset: false,
  });
});

test('every flag is accepted', () => {
  const args = '--functions-port 1 --azure-port 2 --edge-port 3 --sync-seconds 0.5 --data d --azure-pace --reset'.split(
    ' ',
  );
  expect(parseLocalFlags(args)).toEqual({
    dataFolder: 'd',
    ports: { host: 1, azure: 2, edge: 3 },
    syncSeconds: 0.5,
    azurePace: true,
    reset: true,
  });
});

test('an external host is printed with or without the file of its keys', () => {
  expect(parseLocalFlags(['--external-host'])).toMatchObject({ ports: { host: 7071 }, externalHost: {} });
  const args = '--external-host --functions-port 7272 --functions-keys keys.json'.split(' ');
  expect(parseLocalFlags(args)).toMatchObject({ ports: { host: 7272 }, externalHost: { keysFile: 'keys.json' } });
});

test('the agent writes promoted credentials only into a file that is configured', () => {
  expect(parseLocalFlags([])).not.toHaveProperty('device');
  expect(parseLocalFlags(['--docker-config', '/tmp/config.json'])).toMatchObject({
    device: { settings: { DOCKER_CONFIG_FILE: '/tmp/config.json' } },
  });
});

test('help names every flag', () => {
  expect(parseLocalFlags(['--help'])).toBe('help');
  for (const flag of [
    '--functions-port',
    '--azure-port',
    '--edge-port',
    '--external-host',
    '--functions-keys',
    '--sync-seconds',
    '--docker-config',
    '--data',
    '--set',
    '--profiles',
    '--external-agent',
    '--reset',
    '--help',
  ])
    expect(HELP).toContain(flag);
});

test.each([
  ['--functions-port', 'x'],
  ['--azure-port', '65536'],
  ['--edge-port', '-1'],
  ['--sync-seconds', '0'],
  ['--colour', 'red'],
  ['--functions-keys', 'keys.json'],
  ['--docker-config', '/no/such/folder/config.json'],
  ['--docker-config', '/etc/passwd/config.json'],
])('%s %s is refused by name', (flag, value) => {
  const refusal = (): unknown => parseLocalFlags([flag, value]);
  expect(refusal).toThrow(FlagError);
  expect(refusal).toThrow(flag);
});

test('an external host has a known port', () => {
  expect(() => parseLocalFlags(['--external-host', '--functions-port', '0'])).toThrow(/--functions-port/);
  expect(() => parseLocalFlags(['--external-host', '--functions-keys', ''])).toThrow(/--functions-keys/);
});

describe('settings of the app', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'flags-'))));
  afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

  test('are set by --set, as often as needed, to any value', () => {
    const args = ['--set', 'CREDENTIAL_LIFETIME_DAYS=31', '--set', 'ROTATION_FREEZE_WINDOWS=a=b c', '--set', 'EMPTY='];
    expect(parseLocalFlags(args)).toMatchObject({
      settings: { CREDENTIAL_LIFETIME_DAYS: '31', ROTATION_FREEZE_WINDOWS: 'a=b c', EMPTY: '' },
    });
  });

  test.each([['no-equals-sign'], ['=value'], ['2X=1'], ['A B=1'], ['']])(
    'from --set %j are refused, and the value is not shown',
    (item) => {
      expect(() => parseLocalFlags(['--set', item])).toThrow(/^--set needs NAME=VALUE, such as/);
    },
  );

  test('may not be set twice', () => {
    expect(() => parseLocalFlags(['--set', 'A=1', '--set', 'A=2'])).toThrow('--set A is given twice');
  });

  test('take profiles from an existing JSON file, in place of others', () => {
    const file = join(folder, 'profiles.json');

    expect(() => parseLocalFlags(['--profiles', file])).toThrow(
      `--profiles ${file} cannot be read: there is no such file`,
    );
    expect(() => parseLocalFlags(['--profiles', folder])).toThrow(FlagError);

    writeFileSync(file, '{');
    expect(() => parseLocalFlags(['--profiles', file])).toThrow(`--profiles ${file} is not JSON`);

    writeFileSync(file, '[]');

    expect(parseLocalFlags(['--profiles', file])).toMatchObject({ settings: { PROFILES: '', PROFILES_FILE: file } });
    expect(() => parseLocalFlags(['--profiles', file, '--set', 'PROFILES=[]'])).toThrow(/leave one out/);
    expect(parseLocalFlags(['--set', 'PROFILES=[]'])).toMatchObject({
      settings: { PROFILES: '[]', PROFILES_FILE: '' },
    });
    expect(parseLocalFlags(['--set', `PROFILES_FILE=${file}`])).toMatchObject({ settings: { PROFILES: '' } });
  });

  test('with a docker config require an existing folder, and a path that is not a folder', () => {
    const missing = join(folder, 'none', 'config.json');
    expect(() => parseLocalFlags(['--docker-config', missing])).toThrow(`there is no folder ${join(folder, 'none')}`);
    expect(() => parseLocalFlags(['--docker-config', folder])).toThrow(`${folder} is a folder`);
  });

  test('with an external agent start no agent of the stack', () => {
    expect(parseLocalFlags(['--external-agent'])).toMatchObject({ device: 'external' });
    const both = ['--external-agent', '--docker-config', join(folder, 'config.json')];
    expect(() => parseLocalFlags(both)).toThrow('--docker-config goes without --external-agent');
  });

  test('that the app does not have are reported', async () => {
    expect(await unknownSettings(['CREDENTIAL_LIFETIME_DAYS', 'PROFILES_FILE', 'CREDENTIAL_LIFETIME'])).toEqual([
      'CREDENTIAL_LIFETIME',
    ]);
  });
});
