import { expect, test } from 'vitest';
import { Dice } from '../../src/year/dice.js';

const throws = (dice: Dice, name: string, count: number): number[] =>
  Array.from({ length: count }, () => dice.throw(name));

test('a seed gives the same value for the same name, whatever other names use in between', () => {
  const alone = throws(new Dice(7), 'PATCH token', 5);
  const among = new Dice(7);
  const mixed = alone.map(() => {
    among.throw('PUT secret');
    return among.throw('PATCH token');
  });

  expect(mixed).toEqual(alone);
  expect(new Set(alone).size).toBe(5);
});

test('another seed gives other values', () => {
  expect(throws(new Dice(8), 'PATCH token', 5)).not.toEqual(throws(new Dice(7), 'PATCH token', 5));
});

test('whole numbers cover their range, both ends included', () => {
  const dice = new Dice(1);
  const seen = new Set(Array.from({ length: 200 }, () => dice.whole('hours', [3, 6])));
  expect([...seen].toSorted((one, other) => one - other)).toEqual([3, 4, 5, 6]);
});
