import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Collection } from '../../src/state/collection.js';

const name = fc.constantFrom('a', 'B', 'b', 'c', 'D', 'é', 'aa', 'AA', 'z-1', '0');
const change = fc.oneof(
  fc.record({ do: fc.constant('set' as const), name }),
  fc.record({ do: fc.constant('delete' as const), name }),
  fc.record({ do: fc.constant('page' as const), name }),
);

it('pages of a collection contain every item once and in order, after any changes between earlier pages', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (changes, size) => {
      const collection = new Collection<{ name: string }>();
      const expected = new Set<string>();
      for (const one of changes) {
        if (one.do === 'set') {
          collection.set({ name: one.name });
          expected.add(one.name.toLowerCase());
        } else if (one.do === 'delete') {
          collection.delete(one.name);
          expected.delete(one.name.toLowerCase());
        } else collection.page(size);
      }
      const seen: string[] = [];
      let page = collection.page(size);
      seen.push(...page.items.map((item) => item.name.toLowerCase()));
      while (page.next !== undefined) {
        page = collection.page(size, page.next);
        seen.push(...page.items.map((item) => item.name.toLowerCase()));
      }
      expect(seen).toEqual([...expected].sort());
    }),
  );
});
