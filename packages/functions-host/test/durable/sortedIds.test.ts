import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SortedIds } from '../../src/durable/hub/sortedIds.js';

/** Few different ids, so that they are added again after they were removed; some have others as prefixes. */
const someId = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '@', 'ž', '🚗'), minLength: 0, maxLength: 3 });

const change = fc.record({
  id: someId,
  /** What is asked after the change; absent: nothing, so that changes collect. */
  query: fc.option(fc.record({ prefix: someId, after: someId }, { requiredKeys: [] }), { nil: undefined }),
});

describe('sorted ids', () => {
  it('list by code unit what was added and not removed, with a prefix and after an id', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const ids = new SortedIds();
        const expected = new Set<string>();
        for (const { id, query } of changes) {
          if (expected.delete(id)) ids.remove(id);
          else {
            expected.add(id);
            ids.add(id);
          }
          if (query === undefined) continue;
          const { prefix, after } = query;
          const all = [...expected].toSorted();
          expect([...ids.matching(query)]).toEqual(
            all.filter((one) => one.startsWith(prefix ?? '') && (after === undefined || one > after)),
          );
        }
        expect(ids.all()).toEqual([...expected].toSorted());
      }),
      { numRuns: 500 },
    );
  });
});
