import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deadlineIn, pollUntil } from '../../../../src/triggers/durable/pollUntil.js';
import { advance } from '../../fakes/advance.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test.each([
  ['back', -3_600_000],
  ['forward', 3_600_000],
])('ends in its time, and not before, though the clock is set %s', async (_, step) => {
  let reads = 0;
  let ended = false;
  const polled = pollUntil(async () => (reads += 1), { isEnough: () => false, every: 100, until: deadlineIn(1_000) });
  void polled.then(() => (ended = true));
  await advance(500);
  vi.setSystemTime(Date.now() + step);
  await advance(400);
  expect([reads, ended]).toEqual([10, false]);
  await advance(100);
  expect(await polled).toBe(11);
});
