import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser } from './browser.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const COUNT = 10_000;
/** Rows that fill a window several times, and far less than all. */
const MANY_ROWS = 150;
const FORMULA = '=HYPERLINK("https://evil.example","x")';

const rows = rowsOf(COUNT).map((row, n) => (n === 0 ? { ...row, client: FORMULA } : row));

let browser: Browser;
let it: Opened;
beforeAll(async () => {
  browser = await startBrowser();
  it = await openFleet(browser, rows);
  await show(it.page, { path: '/clients?sort=client', shows: /^10,000 clients$/ });
});
afterAll(async () => {
  await it?.close();
  await browser?.close();
});

const table = () => it.page.getByRole('region', { name: 'Clients' });
const rowCount = () => table().locator('tbody tr').count();

test('10,000 clients scroll from the first to the last with few rows in the document', async () => {
  expect(await table().locator('table').getAttribute('aria-rowcount')).toBe(String(COUNT + 1));
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    await table().evaluate((element, part) => element.scrollTo(0, part * element.scrollHeight), share);
    const place = Math.max(1, Math.min(COUNT, Math.round(share * COUNT)));
    // The rows around that place are there, by the number that screen readers get.
    await expect
      .poll(async () => {
        const seen = await table()
          .locator('tbody tr[aria-rowindex]')
          .evaluateAll((all) => all.map((one) => Number(one.getAttribute('aria-rowindex'))));
        return seen.some((one) => Math.abs(one - place) < MANY_ROWS);
      })
      .toBe(true);
    expect(await rowCount()).toBeLessThan(MANY_ROWS);
  }
  await it.page.getByText('press-10000', { exact: true }).waitFor();
});

test('the CSV has the clients that the filters select, in their order, and no formula', async () => {
  const saved = async (path: string, shows: RegExp) => {
    await show(it.page, { path, shows });
    const [download] = await Promise.all([
      it.page.waitForEvent('download'),
      it.page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('clients.csv');
    return parse<Record<string, string>>(readFileSync(await download.path(), 'utf8'), { columns: true, bom: true });
  };
  const expired = rows.filter(({ state }) => state === 'expired');
  const some = await saved('/clients?state=expired&sort=client', /^250 of 10,000 clients$/);
  expect(some.map(({ client }) => client)).toEqual(expired.map(({ client }) => client));
  const all = await saved('/clients', /^10,000 clients$/);
  expect(all).toHaveLength(COUNT);
  expect(all.find(({ client }) => client?.includes('HYPERLINK'))?.['client']).toBe(`'${FORMULA}`);
});
