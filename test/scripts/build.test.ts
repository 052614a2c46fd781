import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'));
  cpSync(join(projectRoot(), 'scripts'), join(folder, 'scripts'), { recursive: true });
  mkdirSync(join(folder, 'src'));
  for (const name of ['tsconfig.json', 'package-lock.json', 'package.json'])
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
    expect(stderr).toMatch(/^\S+esbuild does not exist: the packages are not installed\. Run npm ci first\.\n$/);
  });

  test('into an unwritable folder names it, without a trace', () => {
    mkdirSync(join(folder, 'node_modules/esbuild'), { recursive: true });
    writeFileSync(join(folder, 'dist'), ''); // A file in the folder's place refuses root as well.
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\S+dist cannot be written \(\w+\)\. Build as the owner of this folder\.\n$/);
    expect(existsSync(join(folder, 'dist', '.built'))).toBe(false);
  });

  describe('with the installed packages', () => {
    beforeEach(() => symlinkSync(join(projectRoot(), 'node_modules'), join(folder, 'node_modules')));

    test('removes compiled files whose source is gone', () => {
      for (const name of ['kept', 'gone'])
        writeFileSync(join(folder, 'src', `${name}.ts`), 'export const one: number = 1;');
      expect(build()).toEqual({ status: 0, stderr: '' });
      rmSync(join(folder, 'src', 'gone.ts'));
      expect(build()).toEqual({ status: 0, stderr: '' });
      expect(readdirSync(join(folder, 'dist', 'src'))).toEqual(['kept.js', 'kept.js.map']);
    });

    test('of a file that is no TypeScript names the place, and is no build', () => {
      writeFileSync(join(folder, 'src', 'wrong.ts'), 'export const = 1;');
      const { status, stderr } = build();
      expect([status, stderr]).toEqual([1, expect.stringContaining('src/wrong.ts:1:')]);
      expect(existsSync(join(folder, 'dist', '.built'))).toBe(false);
    });
  });
});
