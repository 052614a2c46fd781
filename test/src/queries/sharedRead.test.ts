import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSharedRead } from '../../../src/queries/sharedRead.js';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
});
afterEach(() => vi.useRealTimers());

/** Reads that end when the test ends them. */
function held() {
  const open: ((value: number) => void)[] = [];
  let started = 0;
  const read = () => {
    started += 1;
    return new Promise<number>((resolve) => open.push(resolve));
  };
  return { read, end: (value: number) => open.shift()?.(value), started: () => started };
}
const readsEnd = () => vi.advanceTimersByTimeAsync(0);

test('whoever asks while a read is in progress shares the next one, which begins after they asked', async () => {
  const shared = createSharedRead();
  const { read, end, started } = held();
  const first = shared('key', read);
  const later = Promise.all([shared('key', read), shared('key', read), shared('key', read)]);
  expect(started()).toBe(1);
  end(1);
  expect(await first).toBe(1);
  await readsEnd();
  expect(started()).toBe(2);
  end(2);
  expect(await later).toEqual([2, 2, 2]);
});

test('a read that has ended serves nobody who asks after it', async () => {
  const shared = createSharedRead();
  let value = 0;
  const read = async () => (value += 1);
  expect([await shared('key', read), await shared('key', read), await shared('other', read)]).toEqual([1, 2, 3]);
});

test('one that asks between the end of a read and the start of the next shares the next', async () => {
  const shared = createSharedRead();
  const { read, end, started } = held();
  const first = shared('key', read);
  const second = shared('key', read);
  end(1);
  const third = shared('key', read);
  await first;
  await readsEnd();
  expect(started()).toBe(2);
  end(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

test('a failed read fails those who share it, and the next begins all the same', async () => {
  const shared = createSharedRead();
  const first = shared('key', () => Promise.reject(new Error('no')));
  const next = shared('key', async () => 2);
  await expect(first).rejects.toThrow('no');
  expect(await next).toBe(2);
});

test('an earlier read serves who names its time: it must have started after that, and be young enough', async () => {
  const shared = createSharedRead();
  let value = 0;
  const read = async () => (value += 1);
  const before = new Date();
  vi.setSystemTime(Date.now() + 1000);
  expect(await shared('key', read)).toBe(1);
  const same = new Date();
  vi.setSystemTime(Date.now() + 1999);
  expect(await shared('key', read, { after: before, age: 2000 })).toBe(1);
  expect(await shared('key', read, { after: same, age: 2000 })).toBe(2);
  vi.setSystemTime(Date.now() + 2000);
  expect(await shared('key', read, { after: same, age: 2000 })).toBe(3);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(await shared('key', read, { after: before, age: 2000 })).toBe(4);
});

test('a failed read serves nobody', async () => {
  const shared = createSharedRead();
  const before = new Date(0);
  await expect(shared('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await shared('key', async () => 2, { after: before, age: 9000 })).toBe(2);
});
