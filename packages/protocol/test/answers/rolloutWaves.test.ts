import { expect, test } from 'vitest';
import { endedRows, wavesAround, wavesOf } from '../../src/answers/rolloutWaves.js';

const NONE = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };
/** In its second of three waves. */
const ROLLOUT = {
  rows: 25,
  counts: { waiting: 13, running: 2, completed: 8, failed: 1, cancelled: 1, planned: 0 },
  wave: { current: 2, of: 3, rows: 12, first: 5, size: 12 },
};

const shown = (more: Partial<typeof ROLLOUT>) =>
  wavesOf({ ...ROLLOUT, ...more })?.map(({ rows, ended }) => `${ended}/${rows}`);
const current = (nth: number) => ({ wave: { ...ROLLOUT.wave, current: nth } });

test('waves before are complete, the one in progress has the rest, later ones have none', () => {
  expect(shown({})).toEqual(['5/5', '5/12', '0/8']);
  expect(shown({ counts: { ...NONE, waiting: 8, completed: 17 } })).toEqual(['5/5', '12/12', '0/8']);
});

test('a wave may be the only one', () => {
  expect(shown({ wave: { current: 1, of: 1, rows: 25, first: 25, size: 500 } })).toEqual(['10/25']);
});

test('all have all their clients at the end, also of a rollout that was cancelled', () => {
  const all = ['5/5', '12/12', '8/8'];
  expect(shown({ counts: { ...NONE, completed: 25 }, ...current(3) })).toEqual(all);
  expect(shown({ counts: { ...NONE, completed: 5, cancelled: 20 }, ...current(1) })).toEqual(all);
});

test('after a retry of an earlier wave, and while a cancelled rollout ends, it is not known how many have ended', () => {
  const retried = { ...NONE, completed: 20, waiting: 5 };
  expect(shown({ counts: retried, ...current(1) })).toEqual(['undefined/5', 'undefined/12', 'undefined/8']);
  const cancelled = { ...NONE, completed: 8, running: 2, cancelled: 15 };
  expect(shown({ counts: cancelled })).toEqual(['5/5', 'undefined/12', 'undefined/8']);
});

test('nothing is known of an app that does not say how large its waves are', () => {
  expect(wavesOf({ ...ROLLOUT, wave: { current: 2, of: 3, rows: 12 } })).toBeUndefined();
});

test.each([
  [1, 12, 1, 12],
  [5, 12, 1, 12],
  [50, 12, 46, 57],
  [100, 12, 89, 100],
  [50, 8, 48, 55],
])('around wave %d of a hundred, %d are shown: %d to %d', (nth, most, first, last) => {
  const all = Array.from({ length: 100 }, (_, index) => ({ number: index + 1, rows: 1, ended: 0 }));
  const around = wavesAround(all, nth, most).map(({ number }) => number);
  expect([around[0], around.at(-1), around.includes(nth), around.length]).toEqual([first, last, true, most]);
});

test('few waves are all shown', () => {
  expect(wavesAround(wavesOf(ROLLOUT) ?? [], 2, 12)).toHaveLength(3);
});

test('a client has ended in any way', () => {
  expect(endedRows(ROLLOUT)).toBe(10);
  expect(endedRows({ counts: { ...NONE, planned: 4 } })).toBe(4);
});
