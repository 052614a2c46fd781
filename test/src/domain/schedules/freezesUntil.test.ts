import { expect, test } from 'vitest';
import { freezesUntil, frozenUntil, parseFreezeWindow } from '../../../../src/domain/schedules/freezeWindows.js';

const NOW = new Date('2026-03-01T12:30:00.000Z');
const END = new Date('2026-03-15T00:00:00.000Z');

function listed(...texts: string[]) {
  const windows = texts.map((text) => {
    const window = parseFreezeWindow(text);
    if (!window) throw new Error(`${text} is no window.`);
    return window;
  });
  const freezes = freezesUntil(windows, NOW, END);
  // The last one may be cut off.
  const whole = freezes.filter(({ until }) => until < END);
  expect(whole.map(({ from }) => frozenUntil(windows, from))).toEqual(whole.map(({ until }) => until));
  return freezes.map(({ from, until }) => `${from.toISOString().slice(0, 16)} ${until.toISOString().slice(0, 16)}`);
}

test('lists the freezes to come, the one in progress from now on', () => {
  expect(listed('0 18 * * 5|PT62H')).toEqual([
    '2026-03-01T12:30 2026-03-02T08:00',
    '2026-03-06T18:00 2026-03-09T08:00',
    '2026-03-13T18:00 2026-03-15T00:00',
  ]);
});

test('joins windows that touch or overlap', () => {
  expect(listed('0 22 * * 6|PT2H', '0 0 * * 0|PT3H', '0 2 * * 0|PT30M')).toEqual([
    '2026-03-07T22:00 2026-03-08T03:00',
    '2026-03-14T22:00 2026-03-15T00:00',
  ]);
});

test('lists none without windows, and one for a freeze that does not end', () => {
  expect(listed()).toEqual([]);
  expect(listed('0 0 * * *|P1D')).toEqual(['2026-03-01T12:30 2026-03-15T00:00']);
});
