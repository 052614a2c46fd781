import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainJson, plainLine, plainLines, plainValue } from '../../src/output/plain.js';

/** What a terminal obeys, or what changes how the text around it looks. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;

describe('a line of the service', () => {
  test.each([
    ['colors', '\u001b[31mred\u001b[0m', 'red'],
    ['a window title', '\u001b]0;title\u0007text', 'text'],
    ['a hyperlink', '\u001b]8;;https://evil.example\u0007text\u001b]8;;\u0007', 'text'],
    ['an 8-bit sequence', 'a\u009b2Jb', 'ab'],
    ['line breaks', 'one\r\ntwo\nthree', 'one two three'],
    ['an override of the writing direction', 'user\u202etxt.exe', 'user\ufffdtxt.exe'],
    ['isolates', '\u2066a\u2069', '\ufffda\ufffd'],
    ['a bell and a backspace', 'a\u0007b\u0008', 'a\ufffdb\ufffd'],
    ['a zero-width space', 'a\u200bb', 'a\ufffdb'],
    ['other scripts and wide characters', 'Gerät 機器', 'Gerät 機器'],
  ])('has no effect: %s', (_what, text, shown) => expect(plainLine(text)).toBe(shown));

  test('holds nothing unsafe, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainLine(text)).not.toMatch(UNSAFE);
      }),
    );
  });

  test('stays as it is if it is harmless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(plainLine(text)).toBe(text);
      }),
    );
  });
});

test('a text with lines keeps its lines only', () => {
  expect(plainLines('one\ntw\u001b[2Ko\r\nthree')).toEqual(['one', 'two', 'three']);
});

describe('JSON', () => {
  test('is the same JSON, without an unsafe character', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = plainJson(value, 2);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE);
      }),
    );
  });
});

test('a value is plain in each text and each name', () => {
  expect(plainValue({ 'a\u001b[1m': ['x\u202ey', 1, null, true] })).toEqual({ a: ['x\ufffdy', 1, null, true] });
});
