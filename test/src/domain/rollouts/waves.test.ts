import fc from 'fast-check';
import { expect, test } from 'vitest';
import { waveCount, waveRows } from '../../../../src/domain/rollouts/waves.js';

const rows = fc.integer({ min: 1, max: 10_000 });
const plans = fc.record({
  rows,
  waves: fc.record(
    { canary: rows, size: rows, pauseSeconds: fc.constant(0) },
    { requiredKeys: ['size', 'pauseSeconds'] },
  ),
});

test('a canary wave comes first, and the last wave has the remaining rows', () => {
  const plan = { rows: 12, waves: { canary: 1, size: 5, pauseSeconds: 0 } };
  expect([0, 1, 2, 3].map((wave) => waveRows(plan, wave))).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 6 },
    { from: 6, to: 11 },
    { from: 11, to: 12 },
  ]);
  expect(waveCount(plan)).toBe(4);
});

test('a canary as large as the rollout is the only wave', () => {
  const plan = { rows: 3, waves: { canary: 10, size: 1, pauseSeconds: 0 } };
  expect(waveCount(plan)).toBe(1);
  expect(waveRows(plan, 0)).toEqual({ from: 0, to: 3 });
});

test('waves follow one another without gaps, none is empty, and the last ends with the last row', () => {
  fc.assert(
    fc.property(plans, fc.nat(), (plan, any) => {
      const last = waveCount(plan) - 1;
      const wave = (index: number) => waveRows(plan, index);
      expect(wave(0).from).toBe(0);
      expect(wave(last).to).toBe(plan.rows);
      expect(wave(last).from).toBeLessThan(plan.rows);
      const index = any % (last + 1);
      expect(wave(index + 1).from).toBe(wave(index).to);
    }),
  );
});
