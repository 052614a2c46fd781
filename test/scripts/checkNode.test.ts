import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const root = projectRoot();
const { scripts, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

let folder: string;
let pretence: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-node-'));
  pretence = join(folder, 'pretence.cjs');
});
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

/** A script of package.json in a shell, as npm runs it, under a Node that says that it is of this version. */
function runUnder(version: string, script: string, ...args: string[]) {
  writeFileSync(pretence, `Object.defineProperty(process, 'version', { value: '${version}' });`);
  return spawnSync('sh', ['-c', `${script} ${args.join(' ')}`], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`, NODE_OPTIONS: `-r ${pretence}` },
  });
}

test.each(Object.entries(scripts))('npm run %s says which Node it needs, and does nothing else', (_name, script) => {
  const { status, stdout, stderr } = runUnder('v18.20.8', script);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^This project needs Node 20\.19\.0 or later, and this is Node 18\.20\.8 \([^\n]+\n$/);
});

test.each([
  ['v4.0.0', false],
  ['v20.18.9', false],
  ['v20.19.0', true],
  ['v20.100.0', true],
  ['v22.0.0', true],
  ['v23.0.0-nightly2024', true],
  ['v20.19.0-pre', true],
  ['nonsense', false],
])('%s: taken %s', (version, taken) => {
  expect(runUnder(version, 'node scripts/checkNode.cjs').status).toBe(taken ? 0 : 1);
});

test('the least version is the one of engines, in a form that the check reads', () => {
  expect(engines.node).toMatch(/^>=\d+\.\d+\.\d+$/);
});

test('the check is JavaScript that every Node reads', () => {
  const text = readFileSync(join(root, 'scripts', 'checkNode.cjs'), 'utf8').replaceAll(
    /'[^'\n]*'|\/\/.*|\/\*[^]*?\*\//g,
    "''",
  );
  expect(text).not.toMatch(/\b(const|let|class|import|async|await)\b|=>|`|\?\?|\?\.|\.\.\.|,\s*\)/);
});

/** Scripts of other programs, which have a help of their own. */
const OTHERS = /^(format|test(:(unit|conformance|package|e2e|system|az))?)$/;

test.each(Object.keys(scripts).filter((name) => !OTHERS.test(name)))(
  'npm run %s -- --help explains and does nothing',
  (name) => {
    const { status, stdout, stderr } = runUnder(process.version, scripts[name] ?? '', '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(60);
  },
);

test.each([
  'build',
  'openapi',
  'package',
  'infra-lists',
  'bench:cold',
  'bench:host',
  'bench:azure',
  'bench:quickstart',
  'azure',
  'host',
  'az-login',
  'year',
  'local',
])('npm run %s refuses a flag that it does not know in words, with exit code 2', (name) => {
  const { status, stdout, stderr } = runUnder(process.version, scripts[name] ?? '', '--no-such-flag');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('no-such-flag');
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test('npm run azure says what it needs', () => {
  const { status, stderr } = runUnder(process.version, scripts['azure'] ?? '');
  expect(status).toBe(2);
  expect(stderr).toBe('Missing flags: --port N (0 takes a free port) and --data DIR.\nTry --help.\n');
});

test.each([
  ['local', '--data', '--functions-port 0 --azure-port 0 --edge-port 0'],
  ['azure', '--data', '--port 0'],
  ['host', '--data', '--port 0'],
])('npm run %s says of a %s that is a file that it is one', (name, flag, others) => {
  for (const path of [pretence, join(pretence, 'below')]) {
    const { status, stderr } = runUnder(process.version, scripts[name] ?? '', flag, path, others);
    expect(status).toBe(1);
    expect(stderr).toContain(`${flag} ${path} cannot be used: `);
    expect(stderr).toMatch(/is a file, not a folder/);
    expect(stderr).not.toMatch(/^ {4}at /m);
  }
});
