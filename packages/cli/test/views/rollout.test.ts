import { expect, test } from 'vitest';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { bar } from '../../src/views/bars.js';
import { rolloutLines } from '../../src/views/rollout.js';
import { formatDuration, parseDuration } from '../../src/program/duration.js';
import { ROLLOUT } from '../fakes/answers.js';

const paint = (text: string): string => text;
const lines = (rollout: Rollout, width = 100) => rolloutLines(rollout, width, paint);

test('a rollout has bars, rate, time left and floor', () => {
  expect(lines(ROLLOUT)).toEqual([
    'plant 7: onboard  running',
    'rollout 0mx2lpz8e1f4rung',
    'clients   [#########...............] 90 of 250',
    '          85 completed, 5 failed, 0 cancelled, 20 running, 140 waiting',
    'waves     [######..................] 2 of 4',
    'wave      [###################.....] 80 of 100',
    'rate      31.4 clients a minute',
    'time left about 5 m 5 s',
    'floor     1.14 times the shortest time that Azure Resource Manager allows (42 s)',
    'failures  4 pull-check-deadline, 1 preflight',
  ]);
});

test('what is unknown is called unknown', () => {
  const { ratePerMinute: _rate, secondsLeft: _left, ...rest } = ROLLOUT;
  const shown = lines({ ...rest, wave: { current: 2, of: 4, rows: 100 }, floor: { seconds: 42 } });
  expect(shown).toContain('wave      100 clients; how many have ended is unknown');
  expect(shown).toContain('rate      unknown yet');
  expect(shown).toContain('time left unknown');
  expect(shown.find((line) => line.startsWith('floor'))).toContain('unknown yet');
});

test('a rollout of one client says so', () => {
  const rest = { ...ROLLOUT, rows: 1, ratePerMinute: 1, counts: { ...ROLLOUT.counts, completed: 0, failed: 0 } };
  const shown = lines({ ...rest, wave: { current: 1, of: 1, rows: 1 } });
  expect(shown).toContain('wave      1 client; how many have ended is unknown');
  expect(shown).toContain('rate      1 client a minute');
});

test('in a middle wave the bar has the clients of this wave alone, whenever the watch has begun', () => {
  const shown = (ended: number) =>
    lines({
      ...ROLLOUT,
      counts: { ...ROLLOUT.counts, completed: ended, failed: 0 },
      wave: { current: 3, of: 4, rows: 100, first: 10, size: 100 },
    });
  expect(shown(110)).toContain('wave      [........................] 0 of 100');
  expect(shown(150)).toContain('wave      [##########..............] 40 of 100');
});

test('a rollout that waits says for what', () => {
  const waiting = { ...ROLLOUT, reason: 'freeze-window', waitsUntil: '2026-12-01T06:00:00.000Z' } as const;
  expect(lines(waiting)[0]).toBe('plant 7: onboard  running (freeze-window, until 2026-12-01 06:00Z)');
});

test.each([
  [0, 10, '[.....]'],
  [1, 1000, '[#....]'],
  [5, 10, '[###..]'],
  [999, 1000, '[####.]'],
  [10, 10, '[#####]'],
  [0, 0, '[#####]'],
  [20, 10, '[#####]'],
])('a bar of %i of %i', (part, whole, drawn) => expect(bar(part, whole, 5)).toBe(drawn));

test.each([
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['2h', 7200],
  ['1d', 86_400],
  ['1h30m', 5400],
  ['', undefined],
  ['1.5h', undefined],
  ['-1', undefined],
  ['h', undefined],
])('the time span %j', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each([
  [0, '0 s'],
  [42.4, '42 s'],
  [200, '3 m 20 s'],
  [7200, '2 h'],
  [273_600, '3 d 4 h'],
])('%d seconds', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
