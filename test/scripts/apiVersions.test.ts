import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { documentTable } from '../shared/documentTable.js';
import { KNOWN_VERSIONS } from '../../src/domain/resourceManager/apiVersions.js';

const root = projectRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const DATE = String.raw`\d{4}-\d{2}-\d{2}(?:-preview)?`;
/** A version where it is asked with: a literal of its own, or part of an address. */
const ASKED = new RegExp(`(?:api-version=|['"\`])(${DATE})['"\`&]`, 'g');

type Row = Readonly<Record<string, string>>;

/** Rows of docs/api-versions.md below one heading, by the names of their columns. */
const rows = (heading: string): Row[] => documentTable('docs/api-versions.md', heading).map(plain);

/** A row without the marks of code. */
function plain(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, cell.replaceAll('`', '')]));
}

function filesOf(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

/** `file version` of each version that the files ask with, as often as they do. */
function asked(files: readonly string[]): string[] {
  return files.flatMap((file) => [...read(file).matchAll(ASKED)].map(([, version = '']) => `${file} ${version}`));
}

const cells = (row: Row, ...columns: readonly string[]): string => columns.map((column) => row[column]).join(' ');

describe('Resource Manager', () => {
  const listed = rows('Resource Manager');

  test('has one row for each type and version that Bicep uses, and no other', () => {
    const declared = filesOf('infra', /\.bicep$/).flatMap((file) =>
      [...read(file).matchAll(new RegExp(`'([A-Za-z.]+/[A-Za-z/]+)@([^']+)'`, 'g'))].map(
        ([, type = '', version = '']) => `${type} ${version}`,
      ),
    );
    expect(declared.length).toBeGreaterThan(20);
    expect(listed.map((row) => cells(row, 'resource type', 'in use')).sort()).toEqual([...new Set(declared)].sort());
  });

  test('has one version of each type', () => {
    const types = listed.map((row) => row['resource type']);
    expect(types).toEqual([...new Set(types)]);
  });
});

describe('hooks', () => {
  const listed = rows('Hooks of azd');

  test('have one row for each version that one of them uses, and no other', () => {
    const inHooks = asked(filesOf('infra/hooks', /\.mjs$/));
    expect(inHooks.length).toBeGreaterThan(4);
    expect(listed.map((row) => cells(row, 'hook', 'in use')).sort()).toEqual(inHooks.sort());
  });

  test.each(listed)('$hook asks $resource with the version in Bicep', ({ resource = '', 'in use': version }) => {
    const [provider = ''] = resource.split('/');
    const ofProvider = rows('Resource Manager').filter((row) => row['resource type']?.startsWith(`${provider}/`));
    expect(ofProvider.map((row) => row['in use'])).toContain(version);
  });
});

test('app and agent call services without an SDK only in documented versions', () => {
  // Those of the container registry have a table of their own.
  const files = [...filesOf('src', /\.ts$/), ...filesOf('packages/agent/src', /\.ts$/)].filter(
    (file) => file !== 'src/domain/resourceManager/apiVersions.ts',
  );
  const listed = rows('Called without an SDK').map((row) => cells(row, 'file', 'in use'));
  expect(listed.sort()).toEqual(asked(files).sort());
});

test.each([
  ['registry', KNOWN_VERSIONS.registry],
  ['connected registry', KNOWN_VERSIONS.connectedRegistry],
] as const)('the versions for a %s are in the order in which the app tries them', (kind, versions) => {
  const ofKind = rows('Container registry, in the app').filter((row) => row.kind === kind);
  expect(ofKind).toEqual([{ kind, default: versions[0], 'falls back to': versions.slice(1).join(', ') }]);
});

describe('the reviewed default of an SDK', () => {
  const listed = rows('Defaults of the SDKs');

  /** Where each package keeps its default, by package and what it is used for. */
  const PLACES: Readonly<Record<string, readonly [string, RegExp]>> = {
    '@azure/arm-containerregistry registry, connected registry, tokens, scope maps': [
      'dist/esm/api/containerRegistryManagementContext.js',
      /options\.apiVersion \?\? "([^"]+)"/,
    ],
    "@azure/keyvault-secrets the vault's secrets": [
      'dist/esm/api/keyVaultContext.js',
      /options\.apiVersion \?\? "([^"]+)"/,
    ],
    '@azure/eventgrid publishing on the signal topic': ['dist/esm/constants.js', /DEFAULT_API_VERSION = "([^"]+)"/],
    "@azure/msal-node Microsoft Entra's token endpoint": [
      'lib/msal-node.cjs',
      /canonicalAuthority\}(v[\d.]+)\/\.well-known\/openid-configuration/,
    ],
    "@azure/msal-node App Service's identity endpoint": [
      'lib/msal-node.cjs',
      /APP_SERVICE_MSI_API_VERSION = "([^"]+)"/,
    ],
  };

  test.each(listed)('$package $release is $default', (row) => {
    const { package: name = '', release, default: version } = row;
    const [file, pattern] = PLACES[cells(row, 'package', 'used for')] ?? [];
    if (file === undefined || pattern === undefined) throw new Error(`no place is known for the default of ${name}`);
    const installed = JSON.parse(read(join('node_modules', name, 'package.json'))) as { version: string };
    expect(installed.version).toBe(release);
    expect(pattern.exec(read(join('node_modules', name, file)))?.[1]).toBe(version);
  });

  test('has one row for each SDK', () => {
    expect(listed.map((row) => cells(row, 'package', 'used for')).sort()).toEqual(Object.keys(PLACES).sort());
  });
});

describe.each([
  ['Resource Manager', 'resource type', 'in use'],
  ['Defaults of the SDKs', 'package', 'default'],
  ['Called without an SDK', 'file', 'in use'],
])('%s: newer versions', (heading, name, inUse) => {
  const NEWEST = new RegExp(`^(?:${DATE}|v\\d+\\.\\d+)$`);

  test.each(rows(heading).map((row) => ({ ...row, row, title: row[name] })))('$title', ({ row }) => {
    const { newest = '', 'what changed, as far as known': changed = '' } = row;
    expect(newest).toMatch(NEWEST);
    expect((row[inUse] ?? '') <= newest, 'nothing newer than the newest is in use').toBe(true);
    if (row[inUse] === newest) return;
    // An empty cell, or one that puts the look off, would leave unknown what raising the version does.
    expect(changed).toMatch(/\w{3}/);
    expect(changed).not.toMatch(/not (?:yet )?(?:been )?(?:examined|looked|read)|unexamined|unknown|to do|\?/i);
  });
});
