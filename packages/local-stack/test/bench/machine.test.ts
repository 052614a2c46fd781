import { expect, test } from 'vitest';
import { measureQuietly, missedIn, verdict } from '../../src/bench/machine.js';

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

/** Measures on a machine whose load is looked at in this order; returns what was said, too. */
async function measured(loads: number[], attempts: number) {
  const said: string[] = [];
  let runs = 0;
  const measure = () => Promise.resolve((runs += 1));
  const look = () => Promise.resolve(loads.shift() ?? 0);
  const measurement = await measureQuietly(measure, attempts, (text) => said.push(text), look);
  return { ...measurement, runs, said };
}

test('a measurement on a quiet machine is not repeated', async () => {
  expect(await measured([0.01, 0.14], 3)).toEqual({ result: 1, looks: [0.01, 0.14], runs: 1, said: [] });
});

test('on a busy machine it is repeated, with the reason, until one is quiet', async () => {
  const { result, runs, said } = await measured([0.02, 0.5, 0.01, 0.02], 3);
  expect({ result, runs }).toEqual({ result: 2, runs: 2 });
  expect(said).toEqual([
    'The machine was not quiet: other processes used up to 50 % of its cores. Measuring again (2 of 3).',
  ]);
});

test('if none is quiet, the one with the least load counts', async () => {
  expect(await measured([0.9, 0.2, 0.3, 0.4, 0.5, 0.2], 3)).toMatchObject({ result: 2, looks: [0.3, 0.4], runs: 3 });
});
