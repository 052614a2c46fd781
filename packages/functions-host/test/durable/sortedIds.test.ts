import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SortedIds, idOf, type Listed } from '../../src/durable/hub/sortedIds.js';

/** Few different ids, so that they are added again after they were removed; some have others as prefixes. */
const someId = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '@', 'ž', '🚗'), minLength: 0, maxLength: 3 });

const change = fc.record({
  id: someId,
  kind: fc.constantFrom('alone', 'with object', 'removed'),
  /** What is asked after the change; absent: nothing, so that changes collect. */
  query: fc.option(fc.record({ prefix: someId, after: someId }, { requiredKeys: [] }), { nil: undefined }),
});

describe('sorted ids', () => {
  it('list by code unit what was added and not removed, with a prefix and after an id', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const ids = new SortedIds<{ id: string; version: number }>();
        const expected = new Map<string, Listed<{ id: string; version: number }>>();
        for (const [version, { id, kind, query }] of changes.entries()) {
          const item = kind === 'alone' ? id : { id, version };
          if (kind === 'removed') {
            expected.delete(id);
            ids.delete(id);
          } else {
            expected.set(id, item);
            ids.set(item);
          }
          if (query === undefined) continue;
          const { prefix, after } = query;
          const all = [...expected.keys()].toSorted();
          expect(ids.all().slice(...ids.range(query))).toEqual(
            all
              .filter((one) => one.startsWith(prefix ?? '') && (after === undefined || one > after))
              .map((one) => expected.get(one)),
          );
        }
        expect(ids.all().map(idOf)).toEqual([...expected.keys()].toSorted());
      }),
      { numRuns: 500 },
    );
  });
});
