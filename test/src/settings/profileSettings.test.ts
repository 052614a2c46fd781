import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../../src/settings/config.js';
import { config, SETTINGS } from '../fakes/answers/requests.js';

const PLANT = { name: 'plant', connectedRegistry: 'plantone', repositories: ['hello-world'] };
const profiles = (...items: readonly object[]) => JSON.stringify(items.map((item) => ({ ...PLANT, ...item })));

function problemsOf(changes: Readonly<Record<string, string>>): string {
  try {
    loadConfig({ ...SETTINGS, ...changes });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n');
    throw error;
  }
}

test('profiles come from the setting, or from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  try {
    const file = join(folder, 'profiles.json');
    writeFileSync(file, profiles({}));
    const inline = config({ PROFILES: profiles({}) }).profileBook;
    expect(inline.profiles.map(({ name }) => name)).toEqual(['plant']);
    expect(config({ PROFILES_FILE: file }).profileBook).toEqual(inline);
    expect(problemsOf({ PROFILES_FILE: file, PROFILES: '[]' })).toContain('leave one out');
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 5 });
  }
});

test('an unreadable file stops the start', () => {
  expect(problemsOf({ PROFILES_FILE: '/no/such/file' })).toBe(
    'setting PROFILES_FILE must be the path of a file that the app can read',
  );
});

test('an invalid profile stops the start with the profile, the field and the fix', () => {
  expect(problemsOf({ PROFILES: profiles({ clients: ['a/b'] }) })).toMatch(
    /^setting PROFILES profile plant, field clients\.0: is not a device id; it must be a list of device ids/,
  );
});

test.each<[string, object]>([
  ['field registry: is none of REGISTRIES', { registry: 'another' }],
  ['field match.hub: is none of IOT_HUBS', { match: { hub: 'nohub' } }],
  ['field channel.hub: is none of IOT_HUBS', { channel: { kind: 'iotHub', hub: 'nohub' } }],
  ['field channel.hub: is none of IOT_HUBS', { channel: { kind: 'iotHub', hub: 'nohub', sealed: true } }],
  ['field channel: is poll, which needs the setting POLL_AUDIENCE', { channel: 'poll' }],
])('a profile that needs another setting stops the start: %s', (words, change) => {
  expect(problemsOf({ IOT_HUBS: 'plant-hub.azure-devices.net', PROFILES: profiles(change) })).toContain(words);
});

test('a profile whose clients are too large to be started together stops the start', () => {
  const long = Array.from({ length: 200 }, (_, nth) => `${'r'.repeat(200)}${nth}`);
  const clients = (count: number) => Array.from({ length: count }, (_, nth) => `gate-${nth}`);
  const listed = { connectedRegistry: undefined, match: { connectedRegistry: 'plant*' }, repositories: long };
  expect(problemsOf({ PROFILES: profiles({ ...listed, clients: clients(20) }) })).toMatch(
    /^setting PROFILES profile plant, field clients: take \d{6} bytes .* at most 700000 can be started together \(20 clients\); name fewer/,
  );
  expect(problemsOf({ PROFILES: profiles({ ...listed, clients: clients(10) }) })).toBe('');
  expect(problemsOf({ PROFILES: profiles({ ...listed, repositories: ['hello-world'], clients: clients(200) }) })).toBe(
    '',
  );
});

test('an audience for polling devices requires the tenant', () => {
  expect(problemsOf({ POLL_AUDIENCE: 'api://x' })).toContain('AZURE_TENANT_ID');
});

test('hubs are named by their name, or by their address in Azure or elsewhere', () => {
  expect(config({ IOT_HUBS: 'Plant-Hub.azure-devices.net, test=https://localhost:1/iothub/' }).hubs).toEqual({
    'plant-hub': 'https://Plant-Hub.azure-devices.net',
    test: 'https://localhost:1/iothub',
  });
  for (const bad of ['x', 'http://plant', 'a-hub.azure-devices.net,A-HUB.azure-devices.net', 'test=http://localhost'])
    expect(problemsOf({ IOT_HUBS: bad })).toBe(
      'setting IOT_HUBS must list the host names of different IoT Hubs, separated by commas',
    );
});

test("a profile's endpoint is allowed without another setting", () => {
  expect(config({ PROFILES: profiles({ endpoint: 'Edge.local:443' }) }).allowedEndpoints).toEqual(['edge.local:443']);
});

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ['nothing without profiles', {}, []],
  ['all kinds with them', { PROFILES: profiles({}) }, ['onboard', 'offboard', 'revoke']],
  ['what is listed, in any case and once', { REQUEST_EVENTS: ' Revoke,onboard, revoke' }, ['revoke', 'onboard']],
  ['nothing for none, with profiles too', { REQUEST_EVENTS: 'none', PROFILES: profiles({}) }, []],
])('events on the request topic may ask for %s', (_, settings, expected) => {
  expect(config(settings).requestEvents).toEqual(expected);
});

test.each(['rotate', 'onboard,rotate', 'none,revoke', ','])('REQUEST_EVENTS of "%s" stops the start', (text) => {
  expect(problemsOf({ REQUEST_EVENTS: text })).toBe(
    'setting REQUEST_EVENTS must list what events may ask for, of onboard, offboard, revoke, or be none',
  );
});

test('events without profiles are a warning', () => {
  expect(config({ REQUEST_EVENTS: 'revoke' }).warnings.join()).toContain('any client');
  expect(config({ REQUEST_EVENTS: 'revoke', PROFILES: profiles({}) }).warnings).toEqual([]);
});

test('a token can only be named in a profile of one client', () => {
  const token = 'gate-token';
  expect(problemsOf({ PROFILES: profiles({ token, match: { device: 'gate' } }) })).toBe('');
  for (const wider of [{}, { match: { device: 'gate-*' } }, { match: { device: 'a' }, clients: ['a', 'b'] }])
    expect(problemsOf({ PROFILES: profiles({ token, ...wider }) })).not.toBe('');
});
