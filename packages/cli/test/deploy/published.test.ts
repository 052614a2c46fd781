import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { VERSION } from '@connected-registry/protocol/names/version';
import { installCrctl, type InstalledCrctl } from '../../../../test/shared/installedCrctl.js';
import { runProgram } from '../../../../test/shared/runProgram.js';
import { COMMANDS } from '../../src/commands/commands.js';
import { startFakeServer } from '../screens/fakeServer.js';
import { CLIENT } from '../fakes/answers.js';

/* What `npm install crctl` gives somebody: packed, and installed into an empty folder without a registry. */

let parent: string;
let it: InstalledCrctl;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'crctl-published-'));
  it = await installCrctl(parent);
});
afterAll(() => rmSync(parent, { recursive: true, force: true, maxRetries: 5 }));

const read = (file: string): string => readFileSync(join(it.folder, file), 'utf8');

const crctl = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram(it.program, args, { cwd: parent, env: { HOME: parent, ...env } });

test('the package has the bundle, its documents, and no other file', () => {
  const others = readdirSync(it.folder).filter((name) => !/^part-[A-Z0-9]+\.mjs$/.test(name));
  expect(others.toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'NOTICES.txt',
    'README.md',
    'crctl.mjs',
    'package.json',
  ]);
});

test('its manifest lets it be published, and requires no package, of this repository or of others', () => {
  const manifest = z.record(z.string(), z.unknown()).parse(JSON.parse(read('package.json')));
  expect(manifest).toMatchObject({
    name: 'crctl',
    version: VERSION,
    license: 'MIT',
    type: 'module',
    bin: { crctl: 'crctl.mjs' },
    engines: { node: '>=20.19.0' },
  });
  for (const key of ['private', 'dependencies', 'peerDependencies', 'scripts', 'exports'])
    expect(manifest).not.toHaveProperty(key);
  expect(Object.keys(z.record(z.string(), z.string()).parse(manifest['optionalDependencies']))).toEqual([
    '@napi-rs/keyring',
  ]);
  expect(it.packages).toEqual([`crctl@${VERSION}`]);
});

test('its documents lead to no file that it does not have', () => {
  for (const file of ['README.md', 'CHANGELOG.md']) {
    const links = [...read(file).matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, link]) => link);
    expect(links).toEqual([]);
  }
});

test('it has the notices of packages that it holds', () => {
  const notices = read('NOTICES.txt');
  for (const name of ['@azure/identity', 'commander', 'yaml', 'zod', 'jmespath'])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'));
});

test('the Azure SDK and the schemas are in parts that the start does not load', () => {
  const loaded = new Set<string>();
  const walk = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, part = ''] of read(file).matchAll(
      /^(?:import|export|\}) ?(?:.* )?(?:from )?"\.\/(part-\w+\.mjs)";/gm,
    ))
      walk(part);
  };
  walk('crctl.mjs');
  const code = [...loaded].map(read).join('\n');
  expect(loaded.size).toBeGreaterThan(3);
  for (const late of ['ChainedTokenCredential = class', 'ZodObject', 'Document = class']) {
    const holders = readdirSync(it.folder).filter((name) => name.endsWith('.mjs') && read(name).includes(late));
    expect(holders.length, late).toBeGreaterThan(0);
    expect(code, late).not.toContain(late);
  }
});

test('it says what it can do, and which version it is', async () => {
  const { code, out, err } = await crctl(['--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const { name } of COMMANDS) expect(out).toContain(name.split(' ')[0]);
  expect(await crctl(['--version'])).toEqual({ code: 0, out: `${VERSION}\n`, err: '' });
});

test('it talks to an app', async () => {
  const server = await startFakeServer();
  try {
    server.serve(() => ({ json: { clients: [CLIENT] } }));
    const env = { CRCTL_URL: server.url, CRCTL_KEY: 'key' };
    const ended = await crctl(['clients', 'list', '-o', 'name'], env);
    expect(ended).toEqual({ code: 0, out: 'myregistry/plant7registry/press-1\n', err: '' });
  } finally {
    await server.close();
  }
});

test('without the optional package it says so, and how to go on', async () => {
  const login = ['login', '--url', 'http://localhost:9', '--store-key', '--skip-check'];
  const { code, err } = await crctl(login, { CRCTL_KEY: 'typed-secret' });
  expect(code).toBe(1);
  expect(err).toContain('@napi-rs/keyring is missing');
  expect(err).toContain('--key-file');
  expect(err).not.toContain('typed-secret');
});
