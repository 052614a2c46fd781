import { expect, test } from 'vitest';
import { secondsTaken, type Exchange } from '../../src/recordings/recording.js';

const base = { n: 0, afterSeconds: 0, host: '{vault}', headers: {}, status: 200 };
const deletion: Exchange = { ...base, method: 'DELETE', path: '/secrets/{secretname1}' };
const set = (code: string): Exchange => ({
  ...base,
  method: 'PUT',
  path: '/secrets/{secretname1}',
  status: 409,
  response: { error: { code: 'Conflict', innererror: { code } } },
});
const being = set('ObjectIsBeingDeleted');
const deleted = set('ObjectIsDeletedButRecoverable');

test.each<[string, Exchange[], number[], number | undefined]>([
  ['no request sets the secret again', [deletion], [0], undefined],
  ['the first refusal finds it deleted', [deletion, deleted], [0, 10], 5],
  ['one refusal finds it being deleted', [deletion, being, deleted], [0, 10, 20], 15],
  ['no refusal finds it deleted', [deletion, being], [0, 10], undefined],
])("the duration of a secret's deletion is derived from the refusals of its name, if %s", (_, exchanges, at, seconds) =>
  expect(secondsTaken(exchanges, at, 0)).toBe(seconds),
);
