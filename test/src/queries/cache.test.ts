import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCache } from '../../../src/queries/cache.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads that give 1, 2, 3 and so on. */
function counting(): () => Promise<number> {
  let reads = 0;
  return () => Promise.resolve((reads += 1));
}

test('a value is read once while it is fresh, and again after', async () => {
  const cache = createCache(1000);
  const read = counting();
  expect(await cache.read('key', read).value).toBe(1);
  vi.advanceTimersByTime(999);
  expect(cache.has('key')).toBe(true);
  expect(await cache.read('key', read).value).toBe(1);
  vi.advanceTimersByTime(1);
  expect(cache.has('key')).toBe(false);
  expect(await cache.read('key', read).value).toBe(2);
});

test('a failed read is not kept, and does not take a later value away', async () => {
  const cache = createCache(1000);
  const failed = cache.read('key', () => Promise.reject(new Error('no')));
  const later = cache.read('key', counting(), { after: failed.nth });
  await expect(failed.value).rejects.toThrow('no');
  expect(await later.value).toBe(1);
  expect(cache.has('key')).toBe(true);
  const alone = cache.read('other', () => Promise.reject(new Error('no')));
  await expect(alone.value).rejects.toThrow('no');
  expect(cache.has('other')).toBe(false);
});

test('a value that was read before a given read is not taken', async () => {
  const cache = createCache(1000);
  const read = counting();
  const { nth } = cache.read('key', read);
  expect(cache.reads).toBe(nth);
  expect(await cache.read('key', read, { after: nth }).value).toBe(2);
  expect(await cache.read('key', read, { after: nth }).value).toBe(2);
});

test('a caller may take only a value of a lower age', async () => {
  const cache = createCache(1000);
  const read = counting();
  await cache.read('key', read).value;
  vi.advanceTimersByTime(100);
  expect(await cache.read('key', read, { age: 101 }).value).toBe(1);
  expect(cache.has('key', { age: 100 })).toBe(false);
  expect(await cache.read('key', read, { age: 100 }).value).toBe(2);
});

test('a value that was read before the clock was set back is read again', async () => {
  const cache = createCache(60_000);
  const read = counting();
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(await cache.read('key', read).value).toBe(1);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(cache.has('key')).toBe(false);
  expect(await cache.read('key', read).value).toBe(2);
});
