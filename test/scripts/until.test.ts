import { expect, test } from 'vitest';
import { isThere, until } from '../shared/until.js';

const QUICK = { seconds: 0, pause: 0 };

test('a wait resolves with the first value that is enough, and reads no more', async () => {
  const values = [1, 2, 3];
  expect(
    await until(
      () => values.shift() ?? 0,
      (value) => value === 2,
      'it is two',
      { pause: 0 },
    ),
  ).toBe(2);
  expect(values).toEqual([3]);
});

test('a wait whose time is over fails, and names what was awaited and the last value', async () => {
  const never = until(
    () => ({ status: 'running' }),
    ({ status }) => status !== 'running',
    'operation 7 has ended',
    QUICK,
  );
  await expect(never).rejects.toThrow("Not within 0 s: operation 7 has ended. Last value: { status: 'running' }");
});

test('an error of the read ends the wait, and an error as the last value is the cause', async () => {
  const lost = new TypeError('fetch failed');
  const read = () => {
    throw lost;
  };
  await expect(until(read, isThere, 'it answers', QUICK)).rejects.toBe(lost);
  await expect(
    until(
      () => lost,
      () => false,
      'it answers',
      QUICK,
    ),
  ).rejects.toMatchObject({ cause: lost });
});
