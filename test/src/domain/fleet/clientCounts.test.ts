import { expect, test } from 'vitest';
import { clientCounts } from '../../../../src/domain/fleet/clientCounts.js';
import { at, NOW, overviewOf, rowsOf } from '../../../shared/madeUpFleet.js';

const DAY = 86_400_000;
const [row] = rowsOf(1);
if (row === undefined) throw new Error('The fleet has no client.');
const expiring = (days: number, state: typeof row.state) => ({ ...row, state, expiresOn: at(days * DAY) });

test('what expires and what is due is counted by time, without clients that were revoked', () => {
  const rows = [
    ...[-1, 0, 7, 8, 14, 30, 31].map((days) => expiring(days, 'ok')),
    ...[1, 20].map((days) => expiring(days, 'revoked')),
  ].map((one, nth) => ({ ...one, rotationDueAt: at(nth === 0 || nth === 7 ? 0 : DAY) }));
  expect(clientCounts(rows, new Date(NOW))).toMatchObject({
    total: 9,
    expiring: { within7Days: 1, within14Days: 3, within30Days: 4 },
    rotationDue: 1,
  });
});

test.each([1, 80, 400])('the made-up fleet of other tests counts %i clients as the app does', (count) => {
  const rows = rowsOf(count).map((one, nth) => ({
    ...one,
    expiresOn: at((nth - 5) * DAY),
    rotationDueAt: at((nth - 20) * DAY),
  }));
  expect(overviewOf(rows).clients).toEqual(clientCounts(rows, new Date(NOW)));
});
