import { describe, expect, test } from 'vitest';
import { textHead } from '../../src/format/textHead.js';

describe('the beginning of a text', () => {
  test('is the text itself if it is short enough', () => {
    expect(textHead('short', 5)).toBe('short');
  });

  test('ends between words where there is a space near', () => {
    expect(textHead('one two three four', 10)).toBe('one two th');
    expect(textHead('one two three four', 14)).toBe('one two three');
  });

  test('never ends inside of a character', () => {
    expect(textHead('a😀b', 2)).toBe('a');
    expect(textHead('a😀b', 3)).toBe('a😀');
  });

  test('of 10,000 characters without a space is as long as was asked for', () => {
    expect(textHead('x'.repeat(10_000), 400)).toHaveLength(400);
  });
});
