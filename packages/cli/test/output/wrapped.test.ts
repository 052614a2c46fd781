import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { wrapped } from '../../src/output/wrapped.js';

test('prose is wrapped between words, and its later lines are indented further', () => {
  expect(wrapped('    password1 of token press-4 keeps working', 32)).toEqual([
    '    password1 of token press-4',
    '      keeps working',
  ]);
});

test.each(['      az acr token credential delete --registry myregistry', '  crctl plan fleet.yaml --prune --quick'])(
  'a command stays in one piece: %s',
  (line) => {
    expect(wrapped(line, 30)).toEqual([line]);
  },
);

test('nothing is lost, and no line of words that have room exceeds the terminal', () => {
  // Without letters that make `az`, which begins a command.
  const word = fc.string({ unit: fc.constantFrom('a', 'y', '9', '-', '界', 'é'), minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 40, max: 140 }),
      (words, indent, width) => {
        const lines = wrapped(' '.repeat(indent) + words.join(' '), width);
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words);
        expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
      },
    ),
  );
});
