import { expect, test } from 'vitest';
import { sameName } from '@connected-registry/protocol/names/sameName';

test.each([
  ['Plant-Registry', 'plant-registry', true],
  ['plant', 'plant', true],
  ['plant', 'plants', false],
  ['', 'plant', false],
  [undefined, '', false],
  [undefined, 'undefined', false],
])('%j and %j: %s', (left, right, same) => {
  expect(sameName(left, right)).toBe(same);
});
