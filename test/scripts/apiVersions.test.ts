import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../local/stack/projectRoot.js';
import { KNOWN_VERSIONS } from '../../src/azure/apiVersions.js';

const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const DATE = String.raw`\d{4}-\d{2}-\d{2}(?:-preview)?`;

/** Rows of docs/api-versions.md below one heading, as their cells. */
function rows(heading: string): string[][] {
  const section = read('docs/api-versions.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| -|^\| (resource type|kind|package) /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

function filesOf(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

test('the table has what Bicep asks for, and nothing else', () => {
  const used = filesOf('infra', /\.bicep$/).flatMap((file) =>
    [...read(file).matchAll(new RegExp(`'([A-Za-z.]+/[A-Za-z/]+)@(${DATE})'`, 'g'))].map(
      ([, type = '', version = '']) => `${type} ${version}`,
    ),
  );
  expect(used.length).toBeGreaterThan(20);
  const listed = rows('Resource Manager').map(([type, version]) => `${type} ${version}`);
  expect([...new Set(used)].sort()).toEqual([...listed].sort());
});

test('no row says that something newer than the newest is in use', () => {
  for (const [type = '', used = '', newest = ''] of rows('Resource Manager')) expect(used <= newest, type).toBe(true);
});

test('a row whose version is not the newest says what is known of the difference', () => {
  const silent = rows('Resource Manager').filter(([, used, newest, changed]) => used !== newest && changed === '');
  expect(silent.map(([type]) => type)).toEqual([]);
});

test('hooks and source name no version that the document does not', () => {
  const text = read('docs/api-versions.md');
  const asked = [...filesOf('infra/hooks', /\.mjs$/), ...filesOf('src/azure', /\.ts$/)].flatMap((file) =>
    [...read(file).matchAll(new RegExp(`(?:api-version=|')(${DATE})['\`&]`, 'g'))].map(([, version = '']) => [
      file,
      version,
    ]),
  );
  expect(new Set(asked.map(([file = '']) => file)).size).toBeGreaterThan(4);
  for (const [file, version = ''] of asked) expect(text, file).toContain(version);
});

test.each([
  ['registry', KNOWN_VERSIONS.registry],
  ['connected registry', KNOWN_VERSIONS.connectedRegistry],
] as const)('the versions for a %s stand in the order in which the app takes them', (kind, versions) => {
  const row = rows('Container registry, in the app').find(([name]) => name === kind);
  expect(row?.slice(1)).toEqual([versions[0], versions.slice(1).join(', ')]);
});

describe('the default of an SDK is the one that was looked at', () => {
  /** Where each package keeps its default. */
  const PLACES: Readonly<Record<string, readonly [string, RegExp]>> = {
    '@azure/arm-containerregistry': [
      'dist/esm/api/containerRegistryManagementContext.js',
      /options\.apiVersion \?\? "([^"]+)"/,
    ],
    '@azure/keyvault-secrets': ['dist/esm/api/keyVaultContext.js', /options\.apiVersion \?\? "([^"]+)"/],
    '@azure/eventgrid': ['dist/esm/constants.js', /DEFAULT_API_VERSION = "([^"]+)"/],
  };

  test.each(rows('Defaults of the SDKs'))('%s %s', (name = '', release = '', version = '') => {
    const [file, pattern] = PLACES[name] ?? [];
    if (file === undefined || pattern === undefined) throw new Error(`no place is known for the default of ${name}`);
    const installed = JSON.parse(read(join('node_modules', name, 'package.json'))) as { version: string };
    expect(installed.version).toBe(release);
    expect(pattern.exec(read(join('node_modules', name, file)))?.[1]).toBe(version);
  });

  test('has a row for each', () => {
    expect(new Set(rows('Defaults of the SDKs').map(([name]) => name))).toEqual(new Set(Object.keys(PLACES)));
  });
});
