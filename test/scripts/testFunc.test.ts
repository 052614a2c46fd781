import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'test-func-'))));
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

/** Runs the script with a PATH that has nothing but `commands`. */
function testFunc(commands: string[], functionsHost?: string): { status: number | null; stdout: string } {
  for (const command of commands) {
    writeFileSync(join(folder, command), '');
    chmodSync(join(folder, command), 0o755);
  }
  const env = { PATH: folder, ...(functionsHost === undefined ? {} : { FUNCTIONS_HOST: functionsHost }) };
  const script = join(projectRoot(), 'scripts', 'testFunc.mjs');
  return spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
}

test.each<[string, string[], string | undefined, string]>([
  ['nothing is named and Core Tools are not there', [], undefined, 'FUNCTIONS_HOST'],
  ['the named host is not there', ['dotnet'], '/nowhere/host.mjs', '/nowhere/host.mjs'],
  ['a folder is named that has no host.mjs', ['dotnet'], import.meta.dirname, 'host.mjs'],
  ['Core Tools are there without Azurite', ['func'], undefined, 'azurite'],
])('when %s, one line says so and the exit code is 3', (_case, commands, functionsHost, reason) => {
  const { status, stdout } = testFunc(commands, functionsHost);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^test:func did not run: [^\n]+\.\n$/);
  expect(stdout).toContain(reason);
});

test('a named host without dotnet is distinguished from a missing host', () => {
  const host = join(folder, 'host.mjs');
  writeFileSync(host, '');
  const { status, stdout } = testFunc([], folder);
  expect(status).toBe(3);
  expect(stdout).toContain('needs dotnet');
});
