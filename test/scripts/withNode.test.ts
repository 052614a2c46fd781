import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/**
 * A project of its own with the script, and with npm's package `node` of version 99 in its cache: a `node` that says
 * so.
 */
let folder: string;
let script: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'with-node-'));
  script = join(folder, 'scripts', 'withNode.mjs');
  for (const name of ['withNode.mjs', 'command/errors.mjs', 'command/flags.mjs'])
    cpSync(join(projectRoot(), 'scripts', name), join(folder, 'scripts', name));
  const bin = join(folder, 'node_modules', '.cache', 'node', '99', 'node_modules', 'node', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho "v99 $*"\n');
  chmodSync(join(bin, 'node'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

const withNode = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test('the command and all its children find that Node first', () => {
  expect(withNode('99', 'sh', '-c', 'node one two').stdout).toBe('v99 one two\n');
});

test.each([
  ['its exit code', 'exit 7', 7],
  ['a signal that ended it, as shells tell it', 'kill -TERM $$', 143],
])('the exit code is the command’s: %s', (_case, command, code) => {
  expect(withNode('99', 'sh', '-c', command).status).toBe(code);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s is passed on to the command', async (signal) => {
  const args = [
    script,
    '99',
    process.execPath,
    '-e',
    `process.on('${signal}', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('up')`,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill(signal);
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(9);
});

test.each([['latest'], ['24; ls'], ['../..'], ['24.x'], ['-24'], ['24.1.2.3']])('%s is not a version', (version) => {
  const { status, stderr } = withNode(version, 'ls');
  expect(status).toBe(2);
  expect(stderr).toMatch(/is no version of Node such as .*\nTry --help\.\n$/);
});

test('a missing or unknown command is reported', () => {
  expect(withNode('99')).toMatchObject({
    status: 2,
    stderr: 'A command to run under that Node is needed.\nTry --help.\n',
  });
  const { status, stderr } = withNode('99', 'no-such-command');
  expect(status).toBe(127);
  expect(stderr).toContain('no-such-command could not be started');
});
