import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runBench, wholeNumber } from '../../src/bench/benchFlags.js';

const argv = process.argv;
const printed = { out: '', error: '' };
beforeEach(() => {
  Object.assign(printed, { out: '', error: '' });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.error += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.argv = argv;
  process.exitCode = undefined;
});

const run = async (args: string[], measure: (flags: { quick: boolean; strict: boolean }) => Promise<number>) => {
  process.argv = ['node', 'bench', ...args];
  await runBench('the help\n', { quick: { type: 'boolean', default: false } }, measure);
  const { exitCode } = process;
  process.exitCode = undefined;
  return exitCode;
};

test('a benchmark gets its own flags and the common ones, and sets the exit code', async () => {
  const seen: object[] = [];
  const measure = (flags: object) => (seen.push(flags), Promise.resolve(1));
  expect(await run(['--quick', '--strict'], measure)).toBe(1);
  expect(seen).toEqual([{ quick: true, json: false, strict: true, help: false }]);
  expect(printed).toEqual({ out: '', error: '' });
});

test('help measures nothing', async () => {
  expect(await run(['--help'], () => Promise.reject(new Error('measured')))).toBeUndefined();
  expect(printed).toEqual({ out: 'the help\n', error: '' });
});

test('an unknown flag and a failed measurement end with code 2 and the message alone', async () => {
  expect(await run(['--other'], () => Promise.resolve(0))).toBe(2);
  expect(printed.error).toMatch(/'--other'[^]*\nTry --help\.\n$/);
  printed.error = '';
  expect(await run([], () => Promise.reject(new Error('It broke.')))).toBe(2);
  expect(printed).toEqual({ out: '', error: 'It broke.\nTry --help.\n' });
});

test.each(['', '0', '11', '1.5', 'ten', '-1', '1e1'])('%j is no whole number from 1 to 10', (text) => {
  expect(() => wholeNumber('count', text, 1, 10)).toThrow('--count must be a whole number from 1 to 10.');
});

test('a whole number within its bounds is taken', () => {
  expect(['1', '10'].map((text) => wholeNumber('count', text, 1, 10))).toEqual([1, 10]);
});
