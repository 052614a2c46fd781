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

test('makeUsable creates missing folders for their owner alone, and accepts existing ones', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeUsable(path, '--data');

  makeUsable(path, '--data');

  for (const part of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, part)).mode & 0o777).toBe(0o700);
});

test('makeUsable throws the reason when it cannot create the folder', () => {
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
  // A file system that allows no new folders: Node's recursive mkdir never returns there.
  refused('/proc/new/folder/here');
});
