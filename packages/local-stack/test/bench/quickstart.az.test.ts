import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import type { MeasuredWay } from '../../src/bench/quickstart/comparison.js';

test("the quickstart's three commands make four writes and eight reads for each device, and the app fewer of both", () => {
  const args = [compiled('local-stack/bench/quickstart/main.js'), '--devices', '3', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });

  const { byHand, inService } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as MeasuredWay;

  expect(byHand.arm).toMatchObject({ writes: 3 * 4, reads: 3 * 8 });
  expect(inService.arm.writes).toBeLessThanOrEqual(3 * 3);
  expect(inService.arm.reads).toBeLessThan(3 * 8);
});
