import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparison, pacedComparison, type MeasuredWay } from '../../src/bench/quickstart/comparison.js';
import { compiled } from '@connected-registry/clock/files/projectRoot';

const fleet = (boundAndSaved: number) => ({ boundAndSaved, proven: 2.5, arm: { reads: 60, writes: 20 } });
const measured = (boundAndSaved: number): MeasuredWay => ({
  devices: 10,
  byHand: { seconds: 20, arm: { reads: 90, writes: 40 } },
  first: fleet(1),
  inService: fleet(boundAndSaved),
});

test('the comparison counts calls for each device, and compares the quickstart with a running app', () => {
  const { text, missed } = comparison(measured(0.25));
  const rows = text.split('\n').map((line) => line.split(/ {2,}/));

  expect(rows.slice(0, 5)).toEqual([
    ['10 devices', 'quickstart', 'app, just started', 'app, in service', 'ratio'],
    ['bound, passwords saved', '20.00 s', '1.00 s', '0.25 s', '80 x'],
    ['ARM writes a device', '4.0', '2.0', '2.0', '2.0 x'],
    ['ARM reads a device', '9.0', '6.0', '6.0', '1.5 x'],
    ['with the pull check', 'left to the reader', '2.50 s', '2.50 s'],
  ]);
  expect(missed).toEqual([]);
  expect(text).toContain('At least 50 times faster: met.');
});

test('the goal is met at fifty times, and reported as missed below', () => {
  expect(comparison(measured(0.4)).missed).toEqual([]);
  const slow = comparison(measured(0.41));
  expect(slow.missed).toEqual(['the app is 48.8 times faster, goal 50 times']);
  expect(slow.text).toContain('NOT MET');
});

test('with the recorded pace the table has a second part and both ratios', () => {
  const quick = measured(0.4);
  const text = pacedComparison(quick, { ...measured(10), byHand: { ...quick.byHand, seconds: 400 } });

  expect(text).toContain('(--azure-pace)');
  expect(text.split('\n').map((line) => line.split(/ {2,}/))).toContainEqual([
    'bound, passwords saved',
    '400.00 s',
    '1.00 s',
    '10.00 s',
    '40 x',
  ]);
  expect(text).toContain('Ratio: 50.0 x where a write takes a moment, 40.0 x at the recorded pace.');
  expect(text).not.toContain('At least 50 times faster');
});

const bench = (flags: readonly string[], PATH: string) =>
  spawnSync(process.execPath, [compiled('local-stack/bench/quickstart/main.js'), ...flags], {
    env: { PATH },
    encoding: 'utf8',
  });

test('without the Azure CLI, one line says so and the exit code is 3', () => {
  const nothing = mkdtempSync(join(tmpdir(), 'bench-quickstart-test-'));
  try {
    const { status, stdout, stderr } = bench([], nothing);
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(stdout).toMatch(/^bench:quickstart did not run: the Azure CLI, az, [^\n]+\.\n$/);
  } finally {
    rmSync(nothing, { recursive: true, maxRetries: 5 });
  }
});

test.each(['0', '17', 'ten', '2.5'])('an invalid number of devices is refused: %s', (devices) => {
  const { status, stderr } = bench(['--devices', devices], '');
  expect(status).toBe(2);
  expect(stderr).toContain('--devices must be a whole number from 1 to 16');
});
