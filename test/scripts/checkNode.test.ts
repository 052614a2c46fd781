import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ofRing } from '../e2e/harness/ring.js';

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

/** The two forms in which a script checks Node before it does anything else. */
const FORMS = [/^exec node -r \.\/scripts\/checkNode\.cjs scripts\/\w+\.mjs( |$)/, /^node scripts\/checkNode\.cjs && /];

const all = Object.entries(scripts);

test.each(all)('npm run %s checks Node first', (_name, script) => {
  expect(FORMS.filter((form) => form.test(script))).toHaveLength(1);
});

/** The first script of each form, and in the long ring all. */
const UNDER_OLD_NODE = ofRing({
  default: FORMS.flatMap((form) => all.filter(([, script]) => form.test(script)).slice(0, 1)),
  long: all,
});

test.each(UNDER_OLD_NODE)('npm run %s names the required Node, and does nothing else', (_name, script) => {
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
])('%s is accepted: %s', (version, taken) => {
  expect(runUnder(version, 'node scripts/checkNode.cjs').status).toBe(taken ? 0 : 1);
});

test('the minimum version is the one of engines, in a form that the check reads', () => {
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
  'npm run %s -- --help explains the script and does nothing',
  (name) => {
    const { status, stdout, stderr } = runUnder(process.version, scripts[name] ?? '', '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(60);
  },
);

/**
 * The scripts that read flags of their own; the default ring has one that is a script and two that are compiled
 * programs.
 */
const READ_FLAGS = ofRing({
  default: ['build', 'azure', 'local'],
  long: [
    'build',
    'openapi',
    'package',
    'package:host',
    'infra-lists',
    'bench:cold',
    'bench:host',
    'bench:azure',
    'bench:fleet',
    'bench:quickstart',
    'bench:ui',
    'azure',
    'host',
    'az-login',
    'fuzz:host',
    'year',
    'local',
  ],
});

test.each(READ_FLAGS)('npm run %s refuses an unknown flag with an explanation and exit code 2', (name) => {
  const { status, stdout, stderr } = runUnder(process.version, scripts[name] ?? '', '--no-such-flag');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('no-such-flag');
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test('npm run azure explains what it needs', () => {
  const { status, stderr } = runUnder(process.version, scripts['azure'] ?? '');
  expect(status).toBe(2);
  expect(stderr).toBe('Missing flags: --port N (0 takes a free port) and --data DIR.\nTry --help.\n');
});

test.each([
  ['local', '--data', '--functions-port 0 --azure-port 0 --edge-port 0'],
  ['azure', '--data', '--port 0'],
  ['host', '--store', '--port 0'],
])('npm run %s reports a %s that is a file', (name, flag, others) => {
  const below = join(pretence, 'below');
  for (const path of ofRing({ default: [below], long: [pretence, below] })) {
    const { status, stderr } = runUnder(process.version, scripts[name] ?? '', flag, path, others);
    expect(status).toBe(1);
    expect(stderr).toContain(`${flag} ${path} cannot be used: `);
    expect(stderr).toMatch(/is a file, not a folder/);
    expect(stderr).not.toMatch(/^ {4}at /m);
  }
});
