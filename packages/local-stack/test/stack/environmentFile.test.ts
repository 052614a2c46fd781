import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentFile } from '../../src/stack/environmentFile.js';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const VALUES = {
  A: 'https://localhost:1/x?y=z',
  B: '/a folder/with #hash',
  C: 'se~cr$et`x`"q"',
  D: '',
  E: '--import file:///x',
};
const PRINT = `console.log(JSON.stringify(Object.fromEntries(${JSON.stringify(Object.keys(VALUES))}.map((n) => [n, process.env[n]]))))`;

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'environment-')), 'device.env');
  writeFileSync(file, `${environmentFile(VALUES)}\n`);
});
afterEach(() => rmSync(join(file, '..'), { recursive: true, maxRetries: 5 }));

const script = join(projectRoot(), 'scripts', 'withEnvironment.mjs');
test.each<[string, string, string[]]>([
  ['withEnvironment', process.execPath, [script, 'FILE', process.execPath, '-e', PRINT]],
  ['Node', process.execPath, ['--env-file=FILE', '-e', PRINT]],
  ['a shell', 'sh', ['-c', `set -a; . FILE; exec '${process.execPath}' -e '${PRINT}'`]],
])('%s reads every value unchanged', (_name, command, args) => {
  const given = args.map((arg) => arg.replace('FILE', file));
  expect(JSON.parse(execFileSync(command, given, { encoding: 'utf8' }))).toEqual(VALUES);
});

test('a plain value is written without quotes, because container engines would add them to it', () => {
  expect(environmentFile({ A: VALUES.A.replace('?', '/') })).toBe('A=https://localhost:1/x/y=z');
});

test('a value that could not be read back is refused', () => {
  expect(() => environmentFile({ A: "it's" })).toThrow('A');
  expect(() => environmentFile({ A: 'a\nB=b' })).toThrow('A');
});
