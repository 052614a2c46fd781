import { expect, test } from 'vitest';
import { FlagError, HELP, parseLocalFlags } from '../../../local/stack/commandLine.js';

test('without flags the documented defaults hold', () => {
  expect(parseLocalFlags([])).toEqual({
    dataFolder: '.local',
    ports: { host: 7071, azure: 7443, edge: 8000 },
    syncSeconds: 1,
    azurePace: false,
    reset: false,
  });
});

test('every flag is taken', () => {
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

test('a host of somebody else is announced with or without the file of its keys', () => {
  expect(parseLocalFlags(['--external-host'])).toMatchObject({ ports: { host: 7071 }, externalHost: {} });
  const args = '--external-host --functions-port 7272 --functions-keys keys.json'.split(' ');
  expect(parseLocalFlags(args)).toMatchObject({ ports: { host: 7272 }, externalHost: { keysFile: 'keys.json' } });
});

test('the agent writes promoted credentials only into a file that is named', () => {
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
])('%s %s is refused by name', (flag, value) => {
  const refusal = (): unknown => parseLocalFlags([flag, value]);
  expect(refusal).toThrow(FlagError);
  expect(refusal).toThrow(flag);
});

test('a host of somebody else has a port that is known', () => {
  expect(() => parseLocalFlags(['--external-host', '--functions-port', '0'])).toThrow(/--functions-port/);
  expect(() => parseLocalFlags(['--external-host', '--functions-keys', ''])).toThrow(/--functions-keys/);
});
