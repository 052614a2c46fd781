import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'test-infra-'))));
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

function testInfra(environment: Record<string, string>): { status: number | null; stdout: string } {
  const script = join(projectRoot(), 'scripts', 'testInfra.mjs');
  return spawnSync(process.execPath, [script, '--reporter=dot', '--help'], {
    env: { PATH: folder, ...environment },
    encoding: 'utf8',
  });
}

test.each<[string, Record<string, string>, string]>([
  ['nothing is named, and neither bicep nor dotnet are there', {}, 'there is no dotnet'],
  ['the named CLI is not there', { BICEP_CLI: '/nowhere/bicep' }, '/nowhere/bicep'],
])('when %s, one line says so and the exit code is 3', (_case, environment, reason) => {
  const { status, stdout } = testInfra(environment);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^test:infra did not run: [^\n]+\.\n$/);
  expect(stdout).toContain(reason);
});

test('the tests run with a CLI on the PATH', () => {
  writeFileSync(join(folder, 'bicep'), '');
  chmodSync(join(folder, 'bicep'), 0o755);
  const { status, stdout } = testInfra({});
  expect(status).toBe(0);
  expect(stdout).not.toContain('did not run');
});
