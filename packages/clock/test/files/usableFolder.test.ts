import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeUsable, PathError } from '../../src/files/usableFolder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usable-'));
});
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

test('makes every missing part for its owner alone, and takes what is there', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeUsable(path, '--data');
  makeUsable(path, '--data');
  for (const part of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, part)).mode & 0o777).toBe(0o700);
});

test('says why a folder cannot be made, and ends', () => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'gone', 'target'), join(folder, 'dangling'));
  const refused = (path: string) => {
    expect(() => makeUsable(path, '--data')).toThrow(PathError);
    expect(() => makeUsable(path, '--data')).toThrow(`--data ${path} cannot be used: `);
  };
  refused(join(folder, 'file'));
  refused(join(folder, 'file', 'below'));
  refused(join(folder, 'dangling'));
  refused(join(folder, 'dangling', 'below'));
  // No file system for folders of anybody; with Node's own recursion this never returned.
  refused('/proc/nobody/makes/this');
});
