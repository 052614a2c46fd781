import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDemand } from '../../../../src/queries/registry/demand.js';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('counts the recent requests of each key', () => {
  const demand = createDemand(1_000);
  expect([demand('a'), demand('a'), demand('b')]).toEqual([1, 2, 1]);
  vi.setSystemTime(600);
  expect(demand('a')).toBe(3);
  vi.setSystemTime(1_000);
  expect([demand('a'), demand('b')]).toEqual([2, 1]);
  vi.setSystemTime(5_000);
  expect([demand('a'), demand('a')]).toEqual([1, 2]);
});

test('counts no request from before the clock was set back', () => {
  const demand = createDemand(1_000);
  vi.setSystemTime(3_600_000);
  demand('a');
  demand('a');
  vi.setSystemTime(0);
  expect([demand('a'), demand('a')]).toEqual([1, 2]);
});

test('does not go through all earlier requests for each new one', () => {
  const demand = createDemand(1_000);
  const filter = vi.spyOn(Array.prototype, 'filter');
  const splice = vi.spyOn(Array.prototype, 'splice');
  let last = 0;
  for (let nth = 0; nth < 10_000; nth += 1) {
    vi.setSystemTime(nth);
    last = demand('a');
  }
  expect(last).toBe(1_000);
  // What is dropped is dropped in large parts.
  expect([filter.mock.calls.length, splice.mock.calls.length < 20]).toEqual([0, true]);
});
