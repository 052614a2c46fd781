import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/tests/sumTests.mjs', import.meta.url));

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'reports-'))));
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

interface FileResult {
  name: string;
  status: 'passed' | 'failed';
  assertionResults: { fullName: string; status: 'passed' | 'failed' | 'skipped' }[];
}

function report(name: string, ...testResults: FileResult[]): void {
  writeFileSync(join(folder, name), JSON.stringify({ testResults }));
}

function file(name: string, tests: Record<string, 'passed' | 'failed' | 'skipped'>, status?: 'failed'): FileResult {
  const assertionResults = Object.entries(tests).map(([fullName, outcome]) => ({ fullName, status: outcome }));
  const failed = status ?? (assertionResults.some((one) => one.status === 'failed') ? 'failed' : 'passed');
  return { name, status: failed, assertionResults };
}

function sum(): { line: string; code: number | null } {
  const { stdout, status } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { line: stdout.trim(), code: status };
}

test('the sum adds up all reports, and omits skipped tests', () => {
  report('unit.json', file('a', { one: 'passed', two: 'skipped' }));
  report('e2e.json', file('b', { one: 'passed', two: 'passed' }));
  expect(sum()).toEqual({ line: 'tests: 3 passed, 0 failed', code: 0 });
});

test('the sum counts a test of several runs once, as failed if one of them failed', () => {
  report('1.json', file('a', { one: 'failed', two: 'passed' }));
  report('2.json', file('a', { one: 'passed', two: 'passed' }));
  expect(sum()).toEqual({ line: 'tests: 1 passed, 1 failed', code: 1 });
});

test('the sum counts tests of the same name in each of their files', () => {
  const twins = file('a', { one: 'passed' });
  twins.assertionResults.push({ fullName: 'one', status: 'passed' });
  report('1.json', twins);
  report('2.json', twins);
  expect(sum()).toEqual({ line: 'tests: 2 passed, 0 failed', code: 0 });
});

test('the sum counts a file that could not be loaded as failed', () => {
  report('1.json', file('a', {}, 'failed'), file('b', { one: 'passed' }));
  expect(sum()).toEqual({ line: 'tests: 1 passed, 1 failed', code: 1 });
});

test('the sum fails if no test ran', () => {
  expect(sum()).toEqual({ line: 'tests: 0 passed, 0 failed', code: 1 });
});
