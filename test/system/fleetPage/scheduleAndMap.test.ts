import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import { at, overviewOf, rowsOf } from '../../shared/madeUpFleet.js';
import { PHONE } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const DAY = 86_400_000;
/** Due: one yesterday, one in the freeze of the fourth to the seventh day, one on the day of its end. */
const rows = rowsOf(3).map((row, n) => ({
  ...row,
  state: 'ok' as const,
  rotationDueAt: at([-DAY, 5 * DAY, 7 * DAY + 1000][n] ?? 0),
}));

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows, { viewport: PHONE });
});
afterEach(() => it?.close());

test('the schedule has what is overdue first, and a day that opens to its clients and closes with "back"', async () => {
  await show(it.page, { path: '/schedule', shows: 'The next 30 days' });
  const [overdue] = await it.page.getByRole('heading', { level: 2 }).allTextContents();
  expect(overdue).toBe('Overdue');

  const days = it.page.getByRole('table', { name: /^Rotations and freezes by day/ });
  const day = days.getByRole('row', { name: /^Mon 9 Mar/ }).first();
  expect(await day.getByRole('cell').allTextContents()).toEqual(['2', '1', 'until 09:00']);

  await day.getByRole('link').click();
  const opened = it.page.getByRole('table', { name: 'Rotations of Mon 9 Mar' });
  await opened.waitFor();
  expect(await opened.getByRole('rowheader').getByRole('link').allTextContents()).toEqual(['press-002', 'press-003']);
  expect(it.page.url()).toContain('day=2026-03-09');

  await it.page.goBack();
  await opened.waitFor({ state: 'detached' });
});

test('the chart has the freeze from its beginning to its end, hatched', async () => {
  await show(it.page, { path: '/schedule', shows: 'The next 30 days' });
  const chart = it.page.getByRole('img', { name: /rotations? in 30 days/ });
  const freezes = await chart.locator('rect[fill="url(#frozen)"]').evaluateAll((all) =>
    all.map((one) => {
      const { x, width } = one as SVGRectElement;
      return { x: x.baseVal.value, width: width.baseVal.value };
    }),
  );
  // The chart is a thousand wide, from the second of March on: the freeze begins after 114 of 720 hours and lasts 63.
  expect(freezes).toEqual([{ x: expect.closeTo(158.33, 1), width: expect.closeTo(87.5, 1) }]);
  const fills = await chart
    .locator('pattern#frozen rect')
    .evaluateAll((all) => all.map((one) => getComputedStyle(one).fill));
  expect(new Set(fills).size).toBe(2);
});

test('the map of a registry shows circles and missing parents apart, and does not hang on them', async () => {
  const one = (name: string, parent?: string): FleetConnectedRegistry => ({
    registry: 'plantregistry',
    name,
    ...(parent === undefined ? {} : { parent }),
    path: parent === undefined ? [name] : [parent, name],
    clients: 1,
    cap: 50,
  });
  const connectedRegistries = [one('top'), one('below', 'top'), one('lost', 'gone'), one('x', 'y'), one('y', 'x')];
  it.server.api.set('GET overview', () => ({ body: { ...overviewOf(rows), connectedRegistries, inventory: 'other' } }));
  await show(it.page, { path: '/registries/plantregistry', shows: 'Parents in a circle' });
  const lists = it.page.locator('main ul.tree');
  const names = (list: number) => lists.nth(list).getByRole('link').allTextContents();
  expect([await names(0), await names(1), await names(2)]).toEqual([['top', 'below'], ['lost'], ['x', 'y']]);
  const below = lists.nth(0).getByRole('listitem').filter({ hasText: 'syncs from top' });
  await below.locator('summary').click();
  const syncPath = below
    .locator('dl > div')
    .filter({ hasText: /^Sync path/ })
    .getByRole('definition');
  expect(await syncPath.textContent()).toBe('plantregistry › top › below');
});
