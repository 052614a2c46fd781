import { expect, test } from 'vitest';
import { keptToken } from '../../src/connection/keptToken.js';

const MINUTE = 60_000;

/** A source of tokens that last for so many minutes, at a clock that the test moves. */
function source(minutes: number) {
  let [asked, now] = [0, 0];
  const broken = { is: false };
  const token = keptToken(
    async () => {
      asked += 1;
      await Promise.resolve();
      if (broken.is) throw new Error('no sign-in');
      return { token: `token-${asked}`, expiresOnTimestamp: now + minutes * MINUTE };
    },
    () => now,
  );
  return { token, broken, asked: () => asked, advance: (by: number) => (now += by * MINUTE) };
}

test('requests at once, and those after them, share one token', async () => {
  const { token, asked } = source(60);
  expect(await Promise.all([token(), token(), token()])).toEqual(['token-1', 'token-1', 'token-1']);
  expect(await token()).toBe('token-1');
  expect(asked()).toBe(1);
});

test('it is renewed before it ends', async () => {
  const { token, advance } = source(60);
  await token();
  advance(55);
  expect(await token()).toBe('token-1');
  advance(2);
  expect(await Promise.all([token(), token()])).toEqual(['token-2', 'token-2']);
});

test('one that ends soon is not asked for at each request', async () => {
  const { token, asked, advance } = source(4);
  for (let second = 0; second < 60; second++) {
    await token();
    advance(1 / 60);
  }
  expect(asked()).toBe(1);
  advance(1.5);
  expect(await token()).toBe('token-2');
});

test('without a new one, the one before is used until its end', async () => {
  const { token, broken, advance } = source(60);
  await token();
  broken.is = true;
  advance(58);
  expect(await token()).toBe('token-1');
  advance(2);
  await expect(token()).rejects.toThrow('no sign-in');
});

test('a sign-in that failed is tried again', async () => {
  const { token, broken } = source(60);
  broken.is = true;
  await expect(token()).rejects.toThrow('no sign-in');
  broken.is = false;
  expect(await token()).toBe('token-2');
});
