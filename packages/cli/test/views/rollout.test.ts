import { expect, test } from 'vitest';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { bar } from '../../src/views/bars.js';
import { rolloutLines } from '../../src/views/rollout.js';
import { formatDuration, parseDuration } from '../../src/program/duration.js';
import { ROLLOUT } from '../fakes/answers.js';

const paint = (text: string): string => text;
const lines = (rollout: Rollout, width = 100) => rolloutLines(rollout, width, paint);

test('a rollout has bars, of each wave too, rate, time left and floor', () => {
  expect(lines(ROLLOUT)).toEqual([
    'plant 7: onboard  running',
    'rollout 0mx2lpz8e1f4rung',
    'clients    [#########...............] 90 of 250',
    '           85 completed, 5 failed, 0 cancelled, 20 running, 140 waiting',
    'waves      2 of 4',
    'wave 1     [########################] 10 of 10',
    'wave 2     [###################.....] 80 of 100',
    'wave 3     [........................] 0 of 100',
    'wave 4     [........................] 0 of 40',
    'rate       31.4 clients a minute',
    'time left  about 5 m 5 s',
    'floor      1.14 times the shortest time that Azure Resource Manager allows (42 s)',
    'failures   4 pull-check-deadline, 1 preflight',
  ]);
});

test('what is unknown is called unknown', () => {
  const { ratePerMinute: _rate, secondsLeft: _left, ...rest } = ROLLOUT;
  const shown = lines({ ...rest, wave: { current: 2, of: 4, rows: 100 }, floor: { seconds: 42 } });
  expect(shown).toContain('           100 clients in the wave in progress; how many have ended is unknown');
  expect(shown).toContain('rate       unknown yet');
  expect(shown).toContain('time left  unknown');
  expect(shown.find((line) => line.startsWith('floor'))).toContain('unknown yet');
  const { counts, wave } = ROLLOUT;
  const retried = lines({ ...rest, counts: { ...counts, completed: 220, waiting: 5 }, wave: { ...wave, current: 2 } });
  expect(retried).toContain('wave 2     100 clients; how many have ended is unknown');
});

test('a rollout of one client says so', () => {
  const rest = { ...ROLLOUT, rows: 1, ratePerMinute: 1 };
  const counts = { ...ROLLOUT.counts, completed: 0, failed: 0, running: 1, waiting: 0 };
  const shown = lines({ ...rest, counts, wave: { current: 1, of: 1, rows: 1, first: 1, size: 500 } });
  expect(shown).toContain('wave 1     [........................] 0 of 1');
  expect(shown).toContain('rate       1 client a minute');
});

test('of many waves those around the one in progress are shown, and all lines fit a terminal of 24', () => {
  const wave = { current: 42, of: 10_000, rows: 1, first: 1, size: 1 };
  const counts = { ...ROLLOUT.counts, completed: 36, running: 1, waiting: 9958 };
  const shown = lines({ ...ROLLOUT, rows: 10_000, counts, wave });
  expect(shown).toContain('waves      42 of 10000, and 9992 waves not shown');
  const numbers = shown.flatMap((line) => /^wave (\d+) +\[([#.]+)\]/.exec(line)?.slice(1, 3).join(' ') ?? []);
  const [full, empty] = ['#'.repeat(24), '.'.repeat(24)];
  expect(numbers).toEqual(
    [40, 41].map((nth) => `${nth} ${full}`).concat([42, 43, 44, 45, 46, 47].map((nth) => `${nth} ${empty}`)),
  );
  expect(shown.length).toBeLessThan(24);
  const last = lines({ ...ROLLOUT, rows: 10_000, counts, wave: { ...wave, current: 10_000 } });
  expect(last.find((line) => line.startsWith('wave 10000'))).toMatch(/^wave 10000 \S/);
});

test('no line is longer than the terminal, whatever the name', () => {
  const name = 'a name of a rollout that is as long as the API lets it be, '.repeat(2).slice(0, 100);
  const waits = { reason: 'freeze-window', waitsUntil: '2026-12-01T06:00:00.000Z' } as const;
  const [title = '', ...others] = lines({ ...ROLLOUT, ...waits, name }, 60);
  expect(title).toMatch(/^a name.*…  running \(freeze-window, until 2026-12-01 06:00Z\)$/);
  for (const line of [title, ...others]) expect(line.length).toBeLessThanOrEqual(60);
});

test('before its first wave a rollout has no bars of waves', () => {
  const shown = lines({ ...ROLLOUT, rows: 0, wave: { current: 1, of: 1, rows: 0, first: 0, size: 500 } });
  expect(shown).toContain('waves      none has started');
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
