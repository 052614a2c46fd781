import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'));
  cpSync(join(projectRoot(), 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const name of ['src', 'device', 'local']) mkdirSync(join(folder, name));
  for (const name of ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'package.json'])
    writeFileSync(join(folder, name), '{"type":"module"}');
});
afterEach(() => {
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

function build() {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', 'build.mjs')], { encoding: 'utf8' });
  return { status, stderr };
}

describe('a build', () => {
  test('without installed packages prints what to run, without a trace', () => {
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\S+tsc does not exist: the packages are not installed\. Run npm ci first\.\n$/);
  });

  test('into an unwritable folder names it, without a trace', () => {
    const compiler = join(folder, 'node_modules/typescript/bin');
    mkdirSync(compiler, { recursive: true });
    writeFileSync(join(compiler, 'tsc'), '');
    writeFileSync(join(folder, 'dist'), ''); // A file in the folder's place refuses root as well.
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\S+dist cannot be written \(\w+\)\. Build as the owner of this folder\.\n$/);
    expect(existsSync(join(folder, 'dist', '.built'))).toBe(false);
  });
});
