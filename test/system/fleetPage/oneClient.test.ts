import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientOf, overviewOf, rowsOf } from '../../shared/madeUpFleet.js';
import { startBrowser } from './browser.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(40);
const [, , , , , , , row, other, rotated] = rows;
if (row === undefined || other === undefined || rotated === undefined)
  throw new Error('The made-up fleet is too small.');

let browser: Browser;
let it: Opened;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  it = await openFleet(browser, rows);
});
afterEach(() => it?.close());

/** How often the page has asked for a path below /api/. */
const asked = (path: string) => it.requests.filter(({ url }) => new URL(url).pathname === `/api/${path}`).length;
const ofClient = `clients/${row.key}`;
const view = { path: `/clients/${row.key}`, shows: 'line-scopemap' };

describe('a client, which costs reads at Azure Resource Manager,', () => {
  test('is read once, however often it is opened, and again with a click', async () => {
    await show(it.page, view);
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.goBack();
    await it.page.getByText('line-scopemap').waitFor();
    expect(asked(ofClient)).toBe(1);

    await it.page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(() => asked(ofClient)).toBe(2);
  });

  test('is read again when its own row of the inventory changes, not with another', async () => {
    let now: readonly InventoryRow[] = rows;
    let mark = 'first';
    it.server.api.set('GET overview', () => ({ body: { ...overviewOf(now), inventory: mark } }));
    it.server.api.set('GET inventory', () => ({
      body: { asOf: overviewOf(now).asOf, total: now.length, clients: now },
    }));
    it.server.api.set('GET clients/*', () => ({ body: clientOf(now.find(({ key }) => key === row.key) ?? row) }));
    const change = (key: string, to: string) => {
      now = now.map((one) => (one.key === key ? { ...one, state: 'revoked' as const } : one));
      mark = to;
    };
    await show(it.page, view);

    const before = asked('inventory');
    change(other.key, 'second');
    await expect.poll(() => asked('inventory'), { timeout: 60_000 }).toBeGreaterThan(before);
    expect(asked(ofClient)).toBe(1);

    change(row.key, 'third');
    await it.page.getByText('Token and secret are disabled').waitFor();
    await expect.poll(() => asked(ofClient)).toBe(2);
  });
});

test.each([
  ['', row, ['Issued', 'Verified by a pull', 'Rotation due', 'Expires']],
  [
    ' with a previous password',
    rotated,
    ['Issued', 'Verified by a pull', 'Previous password ends', 'Rotation due', 'Expires'],
  ],
])(
  'the life of a credential%s is there as a bar, as its label, and as a list by time',
  async (_, { key, revokes }, names) => {
    await show(it.page, { path: `/clients/${key}`, shows: 'line-scopemap' });
    const bar = it.page.getByRole('img', { name: new RegExp(`^${names.join(' .+, ')} in `) });
    expect(await bar.count()).toBe(1);
    expect(await bar.locator('.life-tick').count()).toBe(names.length);
    const events = await it.page.locator('.life-events > li > span').allTextContents();
    expect(events).toEqual(names.map((name) => (name.startsWith('Previous') ? `${name} (${revokes?.slot})` : name)));
  },
);
