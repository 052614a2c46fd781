import { expect, test } from 'vitest';
import { operationsToRead } from '../../../src/activities/starting/rowEnds.js';
import type { RowStatus } from '../../../src/domain/rollouts/rollout.js';

const at = (second: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + second * 1000).toISOString();
const row = (nth: number, more: Partial<RowStatus> = {}): RowStatus => ({
  state: 'running',
  retry: 0,
  operation: `run-${nth}`,
  startedAt: at(nth),
  ...more,
});

test('a round reads all running operations if they are few, each once', () => {
  const rows = [row(2), row(1), row(1), row(3, { state: 'waiting' }), row(4, { state: 'completed' })];
  expect([...operationsToRead(rows, at(9))]).toEqual(['run-1', 'run-2']);
});

test('a round reads at most 100 of many, those that were started first among them', () => {
  const rows = Array.from({ length: 500 }, (_, nth) => row(499 - nth));
  const read = [...operationsToRead(rows, at(600))];
  expect(read).toHaveLength(100);
  expect(read.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, nth) => `run-${nth}`));
});

test.each([101, 150, 250, 500, 1000])('rounds a few seconds apart read all of %i before long', (count) => {
  const rows = Array.from({ length: count }, (_, nth) => row(nth));
  for (const seconds of [1, 3, 15]) {
    const read = new Set<string>();
    const rounds = Math.ceil(count / 50) * 15;
    for (let round = 0; round < rounds; round += 1)
      for (const one of operationsToRead(rows, at(600 + round * seconds))) read.add(one);
    expect([seconds, read.size]).toEqual([seconds, count]);
  }
});
