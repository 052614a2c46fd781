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
  ['nobody sets the secret again', [deletion], [0], undefined],
  ['the first refusal is for what is deleted', [deletion, deleted], [0, 10], 5],
  ['one was for what is being deleted', [deletion, being, deleted], [0, 10, 20], 15],
  ['it is never over', [deletion, being], [0, 10], undefined],
])("a secret's deletion takes what the refusals of its name leave it, where %s", (_, exchanges, at, seconds) =>
  expect(secondsTaken(exchanges, at, 0)).toBe(seconds),
);
