import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { peakMemory, processorSeconds } from '../../../src/bench/fleet/processUse.js';

const hasProc = existsSync('/proc/self/status');

test('a process that is not there, and none at all, have no memory', () => {
  expect(peakMemory([2 ** 22 + 1])).toBeUndefined();
  expect(peakMemory([])).toBeUndefined();
});

test('a process that is not there, and none at all, have used no known time', () => {
  expect(processorSeconds([2 ** 22 + 1])).toBeUndefined();
  expect(processorSeconds([])).toBeUndefined();
});

test.runIf(hasProc)('what a process computes is counted in seconds', () => {
  const [before, own] = [processorSeconds([process.pid]), process.cpuUsage()];
  while (process.cpuUsage(own).user < 500_000);
  const used = (processorSeconds([process.pid]) ?? 0) - (before ?? 0);
  // Both count the same processor time; the kernel's ticks are hundredths.
  expect(used).toBeGreaterThan(0.4);
  expect(used).toBeLessThan(process.cpuUsage(own).user / 1e6 + process.cpuUsage(own).system / 1e6 + 0.5);
});

test('the processes that a process has started count with it', async () => {
  const alone = peakMemory([process.pid]);
  const child = spawn(process.execPath, ['-e', "console.log('up'); setInterval(() => {}, 1000)"]);
  try {
    await once(child.stdout, 'data');
    const own = peakMemory([child.pid ?? 0]);
    const both = peakMemory([process.pid]);
    const known = [alone, own, both].map((value) => value !== undefined);
    expect(known).toEqual([hasProc, hasProc, hasProc]);
    expect(both ?? 1).toBeGreaterThanOrEqual((alone ?? 0) + (own ?? 0));
  } finally {
    child.kill('SIGKILL');
  }
});
