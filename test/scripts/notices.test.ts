import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { licenceProblems, noticesText, packagesOf } from '../../scripts/packaging/notices.mjs';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'notices-'))));
afterEach(() => rmSync(root, { recursive: true, maxRetries: 5 }));

function add(path: string, manifest: Record<string, unknown>, files: Record<string, string> = {}): void {
  const folder = join(root, 'node_modules', path);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', ...manifest }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function bundle(inputs: Record<string, number>) {
  const entries = Object.entries(inputs).map(([name, bytesInOutput]) => [name, { bytesInOutput }] as const);
  return packagesOf({ outputs: { 'dist/index.mjs': { inputs: Object.fromEntries(entries) } } }, root);
}

test('each package in the bundle is listed once for each version, and no other', () => {
  const text = { LICENSE: 'Copyright A' };
  add('a', { name: 'a', license: 'MIT' }, text);
  add('b/node_modules/a', { name: 'a', version: '2.0.0', license: 'ISC' }, text);
  add('@scope/c', { name: '@scope/c', license: 'Apache-2.0' }, { ...text, NOTICE: 'Notice of C' });
  add('unused', { name: 'unused', license: 'MIT' }, text);
  const packages = bundle({
    'src/index.ts': 10,
    'node_modules/a/x.js': 5,
    'node_modules/a/y.js': 5,
    'node_modules/b/node_modules/a/x.js': 5,
    [`deferred:${root}/node_modules/@scope/c/lib/z.js`.replace(`${root}/`, '')]: 5,
    'node_modules/unused/x.js': 0,
  });
  expect(packages.map(({ name, version, licence }) => [name, version, licence])).toEqual([
    ['@scope/c', '1.0.0', 'Apache-2.0'],
    ['a', '1.0.0', 'MIT'],
    ['a', '2.0.0', 'ISC'],
  ]);
  expect(licenceProblems(packages)).toEqual([]);
  expect(noticesText(packages)).toMatch(
    /@scope\/c 1\.0\.0 \(Apache-2\.0\)[^]*Copyright A\n\nNotice of C[^]*a 2\.0\.0 \(ISC\)/,
  );
});

test('the licence part of a README replaces a separate file', () => {
  add(
    'a',
    { name: 'a', license: 'MIT' },
    { 'README.md': '# a\n\nuse it\n\nLicense\n-------\n\nCopyright (c) A\n\nfree' },
  );
  const packages = bundle({ 'node_modules/a/x.js': 1 });
  expect(licenceProblems(packages)).toEqual([]);
  expect(packages[0]?.texts[0]?.text).toBe('Copyright (c) A\n\nfree');
});

test.each<[string, Record<string, unknown>, string | undefined]>([
  [
    'one that is not on the list',
    { license: 'GPL-3.0-only' },
    'has the licence GPL-3.0-only, which is not on the list',
  ],
  ['none at all', {}, 'has the licence none named'],
  ['two of which both hold', { license: '(MIT AND GPL-2.0)' }, 'not on the list'],
  ['two of which one is enough', { license: '(GPL-2.0 OR MIT)' }, undefined],
  ['an old form', { licenses: [{ type: 'MIT' }] }, undefined],
])('a licence is compared with the list: %s', (_case, manifest, problem) => {
  add('a', { name: 'a', ...manifest }, { LICENSE: 'text' });
  const problems = licenceProblems(bundle({ 'node_modules/a/x.js': 1 }));
  expect(problems.map((one) => one.includes(problem ?? 'no problem'))).toEqual(problem === undefined ? [] : [true]);
});

test('a package without the text of its licence is a problem', () => {
  add('a', { name: 'a', license: 'MIT' }, { 'README.md': 'nothing about it' });
  expect(licenceProblems(bundle({ 'node_modules/a/x.js': 1 }))).toEqual([
    'a@1.0.0 came without the text of its licence (MIT)',
  ]);
});
