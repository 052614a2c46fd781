import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NeedleSearch } from './needleSearch.js';

/** Of few letters, so that much of it is alike. */
const text = (min: number, max: number) =>
  fc
    .array(fc.constantFrom('a', 'b', 'é', '%', '\u{1f511}'), { minLength: min, maxLength: max })
    .map((all) => all.join(''));

test('the search finds the same as a search for each text by itself', () => {
  fc.assert(
    fc.property(fc.array(text(1, 6), { maxLength: 8 }), text(0, 60), (needles, content) => {
      expect(new NeedleSearch(needles).isIn(content)).toBe(needles.some((needle) => content.includes(needle)));
    }),
    { numRuns: 2000 },
  );
});

test('the search finds each of ten thousand texts at the start, in the middle and at the end of many bytes', () => {
  const needles = Array.from({ length: 10_000 }, (_, n) => `needle-${n}-`.padEnd(40 + (n % 30), String(n % 10)));
  const search = new NeedleSearch(needles);
  const hay = Buffer.alloc(200_000, 'needle-needle-0-');
  expect(search.isIn(hay)).toBe(false);
  for (const n of [0, 1, 4_999, 9_999])
    for (const at of [0, 100_001, hay.length - Buffer.byteLength(needles[n] ?? '')]) {
      const content = Buffer.from(hay);
      content.write(needles[n] ?? '', at);
      expect({ n, at, found: search.isIn(content) }).toEqual({ n, at, found: true });
    }
});

test('the search reads every byte once, however many texts there are', () => {
  const looks = (count: number): number => {
    let reads = 0;
    const bytes = new Proxy(Buffer.alloc(5000, 'x'), {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1;
        return Reflect.get(target, name, target) as unknown;
      },
    });
    expect(new NeedleSearch(Array.from({ length: count }, (_, n) => `text number ${n}`)).isIn(bytes)).toBe(false);
    return reads;
  };
  expect(looks(1000)).toBe(looks(1));
});

test('an empty text is never found, and nothing is found without texts', () => {
  expect(new NeedleSearch(['']).isIn('anything')).toBe(false);
  expect(new NeedleSearch([]).isIn('')).toBe(false);
});
