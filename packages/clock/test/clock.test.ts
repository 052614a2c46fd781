import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LONGEST_TIMEOUT, realClock } from '../src/clock.js';

beforeEach(() => vi.useFakeTimers({ now: new Date('2025-01-01T00:00:00Z') }));
afterEach(() => vi.useRealTimers());

const inMilliseconds = (ms: number): Date => new Date(Date.now() + ms);

test('a timer runs once, at its time', () => {
  const run = vi.fn<() => void>();
  realClock().setTimer(inMilliseconds(1000), run);

  vi.advanceTimersByTime(999);

  expect(run).not.toHaveBeenCalled();

  vi.advanceTimersByTime(5000);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a timer for a time in the past runs after setTimer has returned', () => {
  const run = vi.fn<() => void>();

  realClock().setTimer(inMilliseconds(-1000), run);

  expect(run).not.toHaveBeenCalled();

  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a timer waits longer than the maximum of setTimeout', () => {
  const run = vi.fn<() => void>();
  realClock().setTimer(inMilliseconds(3 * LONGEST_TIMEOUT), run);

  vi.advanceTimersByTime(3 * LONGEST_TIMEOUT - 1);

  expect(run).not.toHaveBeenCalled();

  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a timer that is cancelled in any part of a long wait never runs', () => {
  const run = vi.fn<() => void>();
  const first = realClock().setTimer(inMilliseconds(1000), run);
  const second = realClock().setTimer(inMilliseconds(3 * LONGEST_TIMEOUT), run);
  first.cancel();
  vi.advanceTimersByTime(2 * LONGEST_TIMEOUT);
  second.cancel();

  vi.advanceTimersByTime(5 * LONGEST_TIMEOUT);

  expect(run).not.toHaveBeenCalled();
});
