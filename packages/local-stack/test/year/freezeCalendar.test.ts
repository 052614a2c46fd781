import { expect, test } from 'vitest';
import { WEEKENDS } from '../../src/year/observers/freezeCalendar.js';

// Berlin is an hour ahead of UTC in winter and two in summer; in 2030 its clocks change on 31 March and 27 October.
test.each([
  ['2030-01-11T16:59:59Z', false, 'a second before the weekend'],
  ['2030-01-11T17:00:00Z', true, 'Friday, 18 o’clock'],
  ['2030-01-13T12:00:00Z', true, 'Sunday'],
  ['2030-01-14T06:59:59Z', true, 'the last second before Monday, 8 o’clock'],
  ['2030-01-14T07:00:00Z', false, 'Monday, 8 o’clock'],
  ['2030-01-16T17:30:00Z', false, 'a Wednesday evening'],
  ['2030-07-05T15:59:59Z', false, 'in summer it begins an hour earlier by UTC'],
  ['2030-07-05T16:00:00Z', true, 'a summer Friday, 18 o’clock'],
  ['2030-04-01T06:59:59Z', true, '62 hours after 29 March, 18 o’clock, whatever the clocks say'],
  ['2030-04-01T07:00:00Z', false, 'and no longer'],
])('%s: frozen is %s (%s)', (at, frozen) => {
  expect(WEEKENDS.isFrozen(Date.parse(at))).toBe(frozen);
});
