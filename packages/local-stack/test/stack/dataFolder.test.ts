import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataFolderError, releaseDataFolder, reportKeys, takeDataFolder } from '../../src/stack/dataFolder.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'data-'))));
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

function fill(): void {
  for (const name of ['azure', 'host', 'tls']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'file'), '');
  }
}

test('reset removes the state, and keeps the certificates and the files of others', () => {
  takeDataFolder(folder, false);
  fill();
  writeFileSync(join(folder, 'notes.txt'), '');
  takeDataFolder(folder, true);

  expect(['azure', 'host', 'tls', 'notes.txt'].map((name) => existsSync(join(folder, name)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('reset refuses a folder with files that no launcher wrote', () => {
  fill();
  expect(() => takeDataFolder(folder, true)).toThrow(DataFolderError);
  expect(existsSync(join(folder, 'azure', 'file'))).toBe(true);
});

test('a folder in use by a running process is refused, and is free once it is released', () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    writeFileSync(join(folder, 'launcher.json'), JSON.stringify({ pid: other.pid }));
    expect(() => takeDataFolder(folder, false)).toThrow(`in use by process ${other.pid}`);
    releaseDataFolder(folder);
    expect(() => takeDataFolder(folder, false)).not.toThrow();
  } finally {
    other.kill('SIGKILL');
  }
});

test('a folder of a killed launcher can be used', () => {
  writeFileSync(join(folder, 'launcher.json'), JSON.stringify({ pid: 2 ** 22 + 1 }));
  expect(() => takeDataFolder(folder, false)).not.toThrow();
});

test('report keys are created once, with enough length, and readable by their owner only', () => {
  const keys = reportKeys(folder);
  expect(keys).toMatch(/^k1:[\w-]{43}$/);
  expect(reportKeys(folder)).toBe(keys);
  expect(statSync(join(folder, 'report-keys')).mode & 0o077).toBe(0);
  expect(readFileSync(join(folder, 'report-keys'), 'utf8').trim()).toBe(keys);
});
