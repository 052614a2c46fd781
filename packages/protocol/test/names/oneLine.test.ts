import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine } from '../../src/names/oneLine.js';

test.each([
  ['one\r\n  two \u2028\n\n three\tfour', 'one two three four'],
  ['\n', ' '],
  [' \n \n ', ' '],
  ['  kept  ', '  kept  '],
  ['a \n', 'a '],
  ['', ''],
])('%j is %j on one line', (text, line) => expect(oneLine(text)).toBe(line));

/** The same in one expression, which is too slow for long texts. */
const expression = (text: string) => text.replaceAll('\t', ' ').replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ');

test('each break, and the white space around it, is one space', () => {
  const piece = fc.constantFrom(' ', '\t', '\n', '\r', '\u2028', '\u00a0', '\v', 'a', 'b');
  fc.assert(
    fc.property(fc.string({ unit: piece }), (text) => {
      expect(oneLine(text)).toBe(expression(text));
    }),
  );
});

test('a message of a million spaces is read at once', () => {
  const spaces = ' '.repeat(1_000_000);
  expect(oneLine(`${spaces}x`)).toBe(`${spaces}x`);
  expect(oneLine(`a\n${spaces}x${spaces}\nb`)).toBe('a x b');
});
