import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOperationId, newRunId, parseOperationId } from '@connected-registry/protocol/names/operationId';

describe('an operation id', () => {
  test('is parsed as it was formatted', () => {
    const id = { instance: 'myregistry-edge-sensor-0123456789abcdef', run: newRunId(new Date(), Buffer.alloc(4, 9)) };
    expect(parseOperationId(formatOperationId(id))).toEqual(id);
  });

  test.each([
    '',
    'a',
    'a.',
    '.a',
    'A.b',
    'a.B',
    'a.b.c',
    'a/b.c',
    `${'a'.repeat(101)}.b`,
    `a.${'b'.repeat(33)}`,
    'a.b\n',
  ])('is not %j', (text) => expect(parseOperationId(text)).toBeUndefined());

  test('sorts by time, whatever its random part', () => {
    const instant = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2200) });
    const random = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(instant, instant, random, random, (one, two, left, right) => {
        const [first, second] = [newRunId(new Date(one), left), newRunId(new Date(two), right)];
        expect(first).toMatch(/^[a-z0-9]{16}$/);
        expect(one === two || first < second === one < two).toBe(true);
      }),
    );
  });

  test('differs between runs of one instant', () => {
    const now = new Date();
    expect(newRunId(now, Buffer.from([0, 0, 0, 1]))).not.toBe(newRunId(now, Buffer.from([0, 0, 0, 2])));
  });
});
