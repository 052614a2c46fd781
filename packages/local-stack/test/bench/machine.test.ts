import { expect, test } from 'vitest';
import { missedIn, verdict } from '../../src/bench/machine.js';

test('a missed goal is reported with its value, and with whether the machine was busy', () => {
  const missed = missedIn([
    { what: 'rate', value: '10/s', goal: '>= 20/s', met: false },
    { what: 'time', value: '1 s', goal: '< 2 s', met: true },
    { what: 'other', value: '3' },
  ]);

  expect(verdict(missed, [0.02, 0.01])).toMatch(
    /^Not met: rate \(10\/s, goal >= 20\/s\)\.\nThe machine was not busy \(other processes used up to 2 %/,
  );
  expect(verdict(missed, [0.02, 0.9])).toMatch(
    /^Not met: [^\n]+\nThe machine was busy \(other processes used up to 90 % of its \d+ cores\): measure again/,
  );
});

test('a busy machine is also reported if every goal is met', () => {
  expect(verdict([], [0])).toBe('Every goal that was measured is met.');
  expect(verdict([], [0.5])).toContain('The machine was busy');
});
