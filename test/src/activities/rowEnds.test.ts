import { expect, test } from 'vitest';
import { operationsToRead } from '../../../src/activities/starting/rowEnds.js';
import type { RowStatus } from '../../../src/domain/rollouts/row.js';

const at = (second: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + second * 1000).toISOString();
const row = (nth: number, more: Partial<RowStatus> = {}): RowStatus => ({
  state: 'running',
  retry: 0,
  operation: `run-${nth}`,
  startedAt: at(nth),
  ...more,
});

const read = (rows: readonly RowStatus[], second: number, principals = 1) => [
  ...operationsToRead(rows, at(second), principals).asked,
];

test('a round reads all running operations if they are few, each once', () => {
  const rows = [row(2), row(1), row(1), row(3, { state: 'waiting' }), row(4, { state: 'completed' })];
  const { asked, hasUnread } = operationsToRead(rows, at(9), 1);
  expect([[...asked], hasUnread]).toEqual([['run-1', 'run-2'], false]);
});

test('a round reads 100 of many, those that were started first and last among them', () => {
  const rows = Array.from({ length: 500 }, (_, nth) => row(499 - nth));
  const { asked, hasUnread } = operationsToRead(rows, at(600), 1);
  const all = [...asked];
  expect([all.length, hasUnread]).toEqual([100, true]);
  expect(all.slice(0, 33)).toEqual(Array.from({ length: 33 }, (_, nth) => `run-${nth}`));
  expect(all.slice(33, 66)).toEqual(Array.from({ length: 33 }, (_, nth) => `run-${467 + nth}`));
});

test('a round reads more with several identities, since more operations end', () => {
  const rows = Array.from({ length: 500 }, (_, nth) => row(nth));
  expect([1, 2, 4].map((principals) => read(rows, 600, principals).length)).toEqual([100, 200, 400]);
  expect(operationsToRead(rows, at(600), 5)).toMatchObject({ hasUnread: false });
});

test('a repeated round reads the same', () => {
  const rows = Array.from({ length: 500 }, (_, nth) => row(nth));
  expect(read(rows, 617)).toEqual(read(rows, 617));
});

// 7,985: with a step of 7,919 a second, rounds would choose the same ones of the others for ever.
test.each([101, 150, 250, 500, 1000, 7985])('rounds a few seconds apart read all of %i before long', (count) => {
  const rows = Array.from({ length: count }, (_, nth) => row(nth));
  for (const seconds of count > 1000 ? [3] : [1, 3, 13, 15]) {
    const found = new Set<string>();
    const rounds = Math.ceil(count / 33) * 6;
    for (let round = 0; round < rounds && found.size < count; round += 1)
      for (const one of read(rows, 60_000 + round * seconds)) found.add(one);
    expect([seconds, found.size]).toEqual([seconds, count]);
  }
});
