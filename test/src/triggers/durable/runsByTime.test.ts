import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InstancePages, InstanceQuery } from '../../../../src/triggers/durable/instancePages.js';
import { newestRuns, type ListPlace } from '../../../../src/triggers/durable/runsByTime.js';
import type { RunStatus } from '../../../../src/triggers/durable/runStatus.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const MINUTE = 60_000;
const RUN = onboardingRun();

interface Item {
  readonly id: string;
  /** Milliseconds before now at which it was asked for, and how long until its instance was made. */
  readonly age: number;
  readonly wait: number;
}

const statusOf = ({ id, age, wait }: Item): RunStatus => ({
  instance: id,
  kind: 'onboard',
  input: { ...RUN, requestedAt: new Date(NOW - age).toISOString() },
  runtimeStatus: 'Completed',
  // The engine reports whole seconds.
  created: new Date(Math.floor((NOW - age + wait) / 1000) * 1000).toISOString(),
  lastUpdated: new Date(NOW).toISOString(),
});

/** An engine that lists by id, a page at a time, what was made in a span. */
function engineOf(items: readonly Item[], asked: InstanceQuery[] = []): InstancePages {
  return async (query) => {
    asked.push(query);
    const fitting = items
      .filter(({ age, wait }) => {
        const made = NOW - age + wait;
        return (
          (query.createdFrom === undefined || made >= Date.parse(query.createdFrom)) &&
          (query.createdTo === undefined || made <= Date.parse(query.createdTo))
        );
      })
      .filter(({ id }) => query.continuation === undefined || id > query.continuation)
      .toSorted((left, right) => (left.id < right.id ? -1 : 1));
    const page = fitting.slice(0, query.top);
    const last = page.at(-1);
    return { runs: page.map(statusOf), ...(last && page.length < fitting.length ? { continuation: last.id } : {}) };
  };
}

const query = { prefixes: [''], areMany: true, oldest: 0 };
const show = async (run: RunStatus) => ({ id: run.instance, value: run.instance });

/** Every page, from the first to the last. @param between is called after each page. */
async function all(items: Item[], top: number, between: () => void = () => undefined): Promise<string[][]> {
  const pages: string[][] = [];
  let from: ListPlace | undefined;
  do {
    const { found, next } = await newestRuns(engineOf(items), query, { from, now: NOW, top }, show);
    pages.push(found.map(({ value }) => value));
    from = next;
    between();
  } while (from !== undefined);
  return pages;
}

const placeOf = ({ age, wait }: Item): number =>
  wait <= MINUTE ? NOW - age : Math.floor((NOW - age + wait) / 1000) * 1000;
const newestFirst = (items: readonly Item[]): string[] =>
  items.toSorted((left, right) => placeOf(right) - placeOf(left) || (left.id < right.id ? 1 : -1)).map(({ id }) => id);

const item = fc.record({
  age: fc.oneof(fc.integer({ min: 0, max: 7_200_000 }), fc.integer({ min: 0, max: 40 * 86_400_000 })),
  wait: fc.oneof(fc.integer({ min: 0, max: 15_000 }), fc.constant(0)),
});
const items = fc
  .array(item, { maxLength: 60 })
  .map((list) => list.map((one, nth): Item => ({ ...one, id: `c${(nth * 7919) % 1000}-${nth}` })));

describe('runs by time', () => {
  test('come newest first, each once, for any page size, and no page is empty before the last', async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 20 }), async (list, top) => {
        const pages = await all(list, top);
        expect(pages.flat()).toEqual(newestFirst(list));
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(top);
      }),
      { numRuns: 60 },
    );
  });

  test('continue at the same position while new ones begin', async () => {
    await fc.assert(
      fc.asyncProperty(items, async (list) => {
        const growing = [...list];
        const expected = newestFirst(list);
        let nth = 0;
        const pages = await all(growing, 3, () => growing.push({ id: `new-${nth++}`, age: -1000, wait: 0 }));
        expect(pages.flat()).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('that waited for their client are ordered by the creation of their instance', async () => {
    const list = [
      { id: 'waited', age: 3 * 3600_000, wait: 2.5 * 3600_000 },
      { id: 'hour', age: 3600_000, wait: 0 },
    ];
    expect((await all([...list], 1)).flat()).toEqual(['waited', 'hour']);
  });

  test('in a burst of thousands are found in parts of a span, with few requests', async () => {
    const burst = Array.from({ length: 6000 }, (_, nth) => ({ id: `c${nth}`, age: nth * 500, wait: 300 }));
    const asked: InstanceQuery[] = [];
    const { found, next } = await newestRuns(
      engineOf(burst, asked),
      query,
      { from: undefined, now: NOW, top: 50 },
      show,
    );
    expect(found.map(({ value }) => value)).toEqual(newestFirst(burst).slice(0, 50));
    expect(next).toBeDefined();
    expect(asked.length).toBeLessThan(30);
  });

  test('that do not match end with a continuation after a number of pages', async () => {
    const many = Array.from({ length: 20_000 }, (_, nth) => ({ id: `c${nth}`, age: nth * 60_000, wait: 0 }));
    const asked: InstanceQuery[] = [];
    const fits = async () => undefined;
    const { found, next } = await newestRuns(
      engineOf(many, asked),
      query,
      { from: undefined, now: NOW, top: 50 },
      fits,
    );
    expect([found, next === undefined]).toEqual([[], false]);
    expect(asked.length).toBeLessThan(100);
  });

  test.each([
    ['none', 0, 3],
    ['one an hour for two days', 48, 7],
    ['one in forty days for forty years', 365, 7],
  ])('that do not match, %s, are read with a request for few spans', async (_what, count, requests) => {
    const hours = count > 100 ? 40 * 24 : 1;
    const few = Array.from({ length: count }, (_, nth) => ({ id: `c${nth}`, age: nth * hours * 3_600_000, wait: 0 }));
    const asked: InstanceQuery[] = [];
    const page = { from: undefined, now: NOW, top: 50 };
    expect(await newestRuns(engineOf(few, asked), query, page, async () => undefined)).toEqual({ found: [] });
    expect(asked.length).toBeLessThanOrEqual(requests);
  });

  test('of many years are found also if all older ones are too many for one span', async () => {
    const years = Array.from({ length: 3000 }, (_, nth) => ({ id: `c${nth}`, age: nth * 43_200_000 + 1, wait: 0 }));
    const pages = await all(years, 3000);
    expect(pages.flat()).toEqual(newestFirst(years));
    expect(pages.length).toBeLessThan(4);
  });

  test('of several prefixes are merged, and a burst of one is found in parts of a span, too', async () => {
    const burst = Array.from({ length: 3000 }, (_, nth) => ({ id: `c${nth}`, age: nth * 500 + 1, wait: 300 }));
    const few = Array.from({ length: 20 }, (_, nth) => ({ id: `w${nth}`, age: nth * 60_000, wait: 0 }));
    const asked: InstanceQuery[] = [];
    const engines: Readonly<Record<string, InstancePages>> = { c: engineOf(burst, asked), w: engineOf(few, asked) };
    const { found } = await newestRuns(
      async (page) => engines[page.prefix]?.(page) ?? { runs: [] },
      { prefixes: ['w', 'c', 'x'], areMany: true, oldest: 0 },
      { from: undefined, now: NOW, top: 500 },
      show,
    );
    expect(found.map(({ value }) => value)).toEqual(newestFirst([...burst, ...few]).slice(0, 500));
    expect(asked.length).toBeLessThan(30);
  });
});
