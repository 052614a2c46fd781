import { expect, test } from 'vitest';
import { isYounger } from '../../../../src/domain/times/isYounger.js';

test.each([
  [undefined, false],
  [900, false],
  [901, true],
  [1_000, true],
  [1_001, false],
  [3_601_000, false],
])('of 100 milliseconds at 1,000: %s is %s', (at, expected) => {
  expect(isYounger(at, 100, 1_000)).toBe(expected);
});
