import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LONGEST_TIMEOUT, realClock } from '../src/clock.js';

beforeEach(() => vi.useFakeTimers({ now: new Date('2025-01-01T00:00:00Z') }));
afterEach(() => vi.useRealTimers());

const inMilliseconds = (ms: number): Date => new Date(Date.now() + ms);

test('a timer runs once, when its time has come', () => {
  const run = vi.fn<() => void>();
  realClock().setTimer(inMilliseconds(1000), run);
  vi.advanceTimersByTime(999);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a timer in the past runs, but not before setTimer has returned', () => {
  const run = vi.fn<() => void>();
  realClock().setTimer(inMilliseconds(-1000), run);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a wait longer than setTimeout can count is kept to the end', () => {
  const run = vi.fn<() => void>();
  realClock().setTimer(inMilliseconds(3 * LONGEST_TIMEOUT), run);
  vi.advanceTimersByTime(3 * LONGEST_TIMEOUT - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a cancelled timer never runs, in the first part of a long wait or in a later one', () => {
  const run = vi.fn<() => void>();
  const first = realClock().setTimer(inMilliseconds(1000), run);
  const second = realClock().setTimer(inMilliseconds(3 * LONGEST_TIMEOUT), run);
  first.cancel();
  vi.advanceTimersByTime(2 * LONGEST_TIMEOUT);
  second.cancel();
  vi.advanceTimersByTime(5 * LONGEST_TIMEOUT);
  expect(run).not.toHaveBeenCalled();
});
