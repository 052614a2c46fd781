import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { unpack } from '../../scripts/packaging/unpack.mjs';

let folder: string;
let files: string[];
const archive = join(projectRoot(), 'package', 'archive-of-another-script.tgz');
beforeAll(() => {
  mkdirSync(join(projectRoot(), 'package'), { recursive: true });
  writeFileSync(archive, '');
  folder = unpack();
  files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
});

const map = z.object({ sources: z.array(z.string()), sourcesContent: z.array(z.unknown()).optional() });

afterAll(() => rmSync(archive, { force: true }));

test('packaging the app leaves what other scripts have written beside it', () => {
  expect(existsSync(archive)).toBe(true);
});

test('the package contains the bundle, its maps, and the files that the host reads, and no other', () => {
  const others = files.filter((file) => !/^dist\/(index|part-[A-Z0-9]+)\.mjs(\.map|\.LEGAL\.txt)?$/.test(file));
  expect(others.toSorted()).toEqual(['LICENSE', 'THIRD-PARTY-NOTICES', 'host.json', 'package.json']);
  expect(files).toContain('dist/index.mjs.map');
});

test('the package contains nothing of the simulators, the agent or tests, by the sources in its maps', () => {
  const sources = files
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => map.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))).sources);
  const own = sources.filter((source) => !/node_modules\/|^deferred:|^webpack:/.test(source));
  expect(own.length).toBeGreaterThan(50);
  const built = own.filter((source) => !/(^|\/)src\//.test(source));
  expect(built).toEqual([expect.stringMatching(/\/packages\/ui\/dist\/page\/assets\.js$/)]);
});

test('the fleet page is in a part that the first file does not load, and has the notices of what it holds', () => {
  const holders = files.filter(
    (file) => file.endsWith('.mjs') && readFileSync(join(folder, file), 'utf8').includes('data-sign-in='),
  );
  expect(holders).toEqual([expect.stringMatching(/^dist\/part-/)]);
  const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES'), 'utf8');
  for (const name of ['preact', '@preact/signals', '@preact/signals-core'])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'));
});

test('the SDKs are in parts that the first file does not load', () => {
  const index = readFileSync(join(folder, 'dist', 'index.mjs'), 'utf8');
  const atStart = [...index.matchAll(/^} from "\.\/(part-\w+\.mjs)";|^import "\.\/(part-\w+\.mjs)";/gm)].map(
    ([, a, b]) => a ?? b ?? '',
  );
  for (const part of atStart)
    expect(readFileSync(join(folder, 'dist', part), 'utf8')).not.toContain('class ContainerRegistryManagementClient');
  expect(index).not.toMatch(/class (ContainerRegistryManagementClient|SecretClient|ManagedIdentityCredential)/);
});

test("the package starts without dependencies: its manifest has none, and host.json is this project's", () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).toMatchObject({ main: 'dist/index.mjs', type: 'module' });
  const host = (root: string) => readFileSync(join(root, 'host.json'), 'utf8');
  expect(host(folder)).toBe(host(projectRoot()));
});

test('the package has the notices of every package in its maps', () => {
  const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES'), 'utf8');
  const sources = files
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => map.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))).sources);
  const names = new Set(sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []));
  expect(names.size).toBeGreaterThan(40);
  for (const name of names) expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'));
});
