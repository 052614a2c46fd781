import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSnapshot, NotReadYet } from '../../../src/queries/snapshot.js';
import { advance } from '../fakes/advance.js';

const START = new Date('2026-03-01T12:00:00.000Z');
const TIMES = { freshFor: 60_000, usableFor: 300_000, patience: 20_000 };

beforeEach(() => vi.useFakeTimers({ now: START }));
afterEach(() => vi.useRealTimers());

/** A reading that ends when the test says so. */
function readings() {
  const begun: { end(value: string): void; fail(error: Error): void; readonly before: string | undefined }[] = [];
  const get = createSnapshot<string, string>(
    (_source, before) => new Promise((end, fail) => begun.push({ end, fail, before })),
    TIMES,
  );
  return { begun, get: () => get('a caller') };
}

describe('a snapshot', () => {
  test('is read only if somebody asks, and once for all who ask at the same time', async () => {
    const { begun, get } = readings();
    await advance(600_000);
    expect(begun).toHaveLength(0);
    const all = Promise.all(Array.from({ length: 50 }, get));
    expect(begun).toHaveLength(1);
    begun[0]?.end('first');
    expect((await all).map(({ value, readAt }) => [value, readAt.getTime()])).toEqual(
      Array.from({ length: 50 }, () => ['first', START.getTime() + 600_000]),
    );
  });

  test('is not read again before its time, counted from the end of the reading', async () => {
    const { begun, get } = readings();
    const first = get();
    await advance(10_000);
    begun[0]?.end('first');
    await first;
    await advance(59_000);
    await get();
    expect(begun).toHaveLength(1);
    await advance(1_000);
    await get();
    expect(begun).toHaveLength(2);
    expect(begun[1]?.before).toBe('first');
  });

  test('is given as it is while the next reading lasts', async () => {
    const { begun, get } = readings();
    const first = get();
    begun[0]?.end('first');
    await first;
    await advance(60_000);
    expect((await get()).value).toBe('first');
    expect((await get()).value).toBe('first');
    expect(begun).toHaveLength(2);
    begun[1]?.end('second');
    await advance(0);
    const second = await get();
    expect([second.value, second.readAt.getTime()]).toEqual(['second', START.getTime() + 60_000]);
  });

  test('is not given after nobody has asked for long, unless the reading lasts too long', async () => {
    const { begun, get } = readings();
    const first = get();
    begun[0]?.end('first');
    await first;
    await advance(300_000);
    const quick = get();
    await advance(1_000);
    begun[1]?.end('second');
    expect((await quick).value).toBe('second');
    await advance(300_000);
    const slow = get();
    await advance(19_999);
    await advance(1);
    expect((await slow).value).toBe('second');
  });

  test('says so while there is nothing yet', async () => {
    const { begun, get } = readings();
    const early = get().catch((error: unknown) => error);
    await advance(20_000);
    expect(await early).toBeInstanceOf(NotReadYet);
    const later = get();
    begun[0]?.end('first');
    expect((await later).value).toBe('first');
    expect(begun).toHaveLength(1);
  });

  test('stays as it is while readings fail, with the first failure of the row, and does not try more often', async () => {
    const { begun, get } = readings();
    const first = get();
    begun[0]?.end('first');
    await first;
    for (const nth of [1, 2]) {
      await advance(60_000);
      await get();
      begun[nth]?.fail(new Error(`failure ${nth}`));
      await advance(0);
      for (let page = 0; page < 20; page += 1) await get();
    }
    expect(begun).toHaveLength(3);
    const { value, readAt, failed } = await get();
    expect([value, readAt, failed?.since]).toEqual(['first', START, new Date(START.getTime() + 60_000)]);
    expect(failed?.error).toEqual(new Error('failure 2'));
    await advance(60_000);
    await get();
    begun[3]?.end('second');
    await advance(0);
    expect(await get()).toEqual({ value: 'second', readAt: new Date(START.getTime() + 180_000) });
  });

  test('gives the failure while there is nothing, without a new attempt before its time', async () => {
    const { begun, get } = readings();
    const first = get().catch((error: unknown) => error);
    begun[0]?.fail(new Error('no rights'));
    expect(await first).toEqual(new Error('no rights'));
    for (let page = 0; page < 20; page += 1) await expect(get()).rejects.toThrow('no rights');
    expect(begun).toHaveLength(1);
    await advance(60_000);
    const next = get();
    begun[1]?.end('first');
    expect((await next).value).toBe('first');
  });

  test('is read again a minute after a failure, however seldom it is read', async () => {
    let attempts = 0;
    const get = createSnapshot<string, undefined>(
      async () => {
        attempts += 1;
        if (attempts !== 2) throw new Error('a fault that passes');
        return 'first';
      },
      { ...TIMES, freshFor: 3_600_000, usableFor: 10_800_000 },
    );
    await expect(get(undefined)).rejects.toThrow('a fault that passes');
    await advance(59_000);
    await expect(get(undefined)).rejects.toThrow('a fault that passes');
    expect(attempts).toBe(1);
    await advance(1_000);
    expect(await get(undefined)).toMatchObject({ value: 'first' });
    await advance(3_599_000);
    await get(undefined);
    expect(attempts).toBe(2);
    await advance(1_000);
    await get(undefined);
    await advance(60_000);
    await get(undefined);
    expect(attempts).toBe(4);
  });

  test('is read again after the clock was set back', async () => {
    const { begun, get } = readings();
    const first = get();
    begun[0]?.end('first');
    await first;
    vi.setSystemTime(new Date(START.getTime() - 3_600_000));
    const next = get();
    expect(begun).toHaveLength(2);
    begun[1]?.end('second');
    expect((await next).value).toBe('second');
  });
});
