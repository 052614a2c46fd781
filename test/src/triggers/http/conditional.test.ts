import { expect, test } from 'vitest';
import { conditionalAnswer, etagOf, isKnown } from '../../../../src/triggers/http/answers/conditional.js';

const asking = (known?: string) => ({ headers: new Headers(known === undefined ? {} : { 'if-none-match': known }) });

test.each([
  [undefined, false],
  ['W/"a"', true],
  ['"a"', true],
  ['W/"b"', false],
  ['W/"b", W/"a"', true],
  ['*', true],
  ['', false],
  ['a', false],
])('a caller with %j has what it asks for: %s', (known, expected) => {
  expect(isKnown(asking(known), 'W/"a"')).toBe(expected);
});

test('an answer has an ETag by its value, and no body for who has it', () => {
  const value = { a: 1, b: ['x'] };
  const first = conditionalAnswer(asking(), value, { age: '3' });
  const etag = etagOf(JSON.stringify(value));
  expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
  expect(first).toEqual({ status: 200, headers: { age: '3', etag }, jsonBody: value });
  expect(conditionalAnswer(asking(etag), value, { age: '4' })).toEqual({ status: 304, headers: { age: '4', etag } });
  expect(conditionalAnswer(asking(etag), { ...value, a: 2 }).status).toBe(200);
});
