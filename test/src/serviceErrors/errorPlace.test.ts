import { expect, test } from 'vitest';
import { errorPlace } from '../../../src/serviceErrors/errorPlace.js';

const SECRET = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA';

test('an error is described by its class and its frames', () => {
  const { name, frames } = errorPlace(new TypeError('x'));
  expect(name).toBe('TypeError');
  expect(frames[0]).toContain('errorPlace.test');
});

test('a value that is not an error has no frames', () => {
  expect(errorPlace('text')).toEqual({ name: 'string', frames: [] });
});

test.each<[string, () => unknown]>([
  ['its message', () => new Error(SECRET)],
  [
    'a message with lines like frames',
    () => new Error(`no\n    at ${SECRET} (file:///${SECRET}.js:1:1)\n    at x:1:2`),
  ],
  ['a message that was changed since', () => changed(`no\n    at ${SECRET} (file:///a.js:1:1)`, { message: 'no' })],
  ['a name that was given to it', () => changed('no', { name: `${SECRET}\n    at ${SECRET}:1:1` })],
  ['a stack of its own', () => changed('no', { stack: `Error: other\n    at ${SECRET}:1:1` })],
  ['a text that was thrown', () => SECRET],
])('the description contains nothing of %s', (_, make) => {
  expect(JSON.stringify(errorPlace(make()))).not.toContain(SECRET);
});

function changed(message: string, fields: object): Error {
  const error = new Error(message);
  // The stack is written when it is first read.
  void error.stack;
  return Object.assign(error, fields);
}
