import { readFileSync } from 'node:fs';
import type { InventoryPage } from '@connected-registry/protocol/answers/fleetAnswers';
import { parse } from 'csv-parse/sync';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signIn, startBrowser } from './browser.js';
import { overviewOf, rowsOf } from '../../shared/madeUpFleet.js';
import { inventoryApi } from './fleetApi.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';
import { KEY } from './pageServer.js';

const COUNT = 10_000;
/** Rows that fill a window several times, and far less than all. */
const MANY_ROWS = 150;
/** By how many rows the window of rows moves at once (`parts/rowWindow.ts`). */
const ROWS_AT_ONCE = 6;
const FORMULA = '=HYPERLINK("https://evil.example","x")';

const rows = rowsOf(COUNT).map((row, n) => (n === 0 ? { ...row, client: FORMULA } : row));

let browser: Browser;
let it: Opened;
beforeAll(async () => {
  browser = await startBrowser();
  it = await openFleet(browser, rows);
  await it.page.addInitScript(countDrawnRows);
  await signIn(it, `${it.server.url}?counted`, KEY);
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

/**
 * Runs in the page: counts how often the differences of a client are read, which drawing its row does, and nothing else
 * here.
 */
function countDrawnRows(): void {
  const ask = window.fetch.bind(window);
  let drawn = 0;
  Reflect.set(window, 'drawnRows', () => drawn);
  window.fetch = async (...request) => {
    const answer = await ask(...request);
    if (!new URL(answer.url).pathname.endsWith('/inventory')) return answer;
    const read = answer.json.bind(answer);
    answer.json = async () => {
      const page = (await read()) as InventoryPage;
      for (const client of page.clients) {
        const { differences } = client;
        Object.defineProperty(client, 'differences', {
          get: () => {
            drawn += 1;
            return differences;
          },
        });
      }
      return page;
    };
    return answer;
  };
}

const drawnRows = () => it.page.evaluate(() => (Reflect.get(window, 'drawnRows') as () => number)());

/**
 * What an action made of a table: rows that were drawn, rows that were put into the document, and changes within rows.
 */
interface Work {
  readonly rowsDrawn: number;
  readonly rowsPutIn: number;
  readonly changesWithinRows: number;
}

/** Counts what an action changes in the table; it counts work, since time depends on the machine. */
async function workOf(act: () => Promise<unknown>): Promise<Work> {
  const counter = await table()
    .locator('tbody')
    .evaluateHandle((body) => {
      const work = { rowsPutIn: 0, changesWithinRows: 0 };
      const observer = new MutationObserver((changes) => {
        for (const { target, addedNodes, type } of changes)
          if (target === body && type === 'childList')
            work.rowsPutIn += [...addedNodes].filter(
              (one) => one instanceof Element && one.hasAttribute('aria-rowindex'),
            ).length;
          // The height of what stands for the rows that are not there follows the scrolling.
          else if (!(target instanceof Element && target.classList.contains('gap'))) work.changesWithinRows += 1;
      });
      observer.observe(body, { childList: true, subtree: true, attributes: true, characterData: true });
      return { work, observer };
    });
  const before = await drawnRows();
  await act();
  await twoFrames();
  const rowsDrawn = (await drawnRows()) - before;
  return counter.evaluate(({ work, observer }, drawn) => {
    observer.disconnect();
    return { ...work, rowsDrawn: drawn };
  }, rowsDrawn);
}

/** Until what has happened has been drawn. */
const twoFrames = () =>
  it.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Scrolls by the height of a row, again and again. */
async function scrollRows(count: number): Promise<void> {
  const { height = 0 } = (await table().locator('tbody tr[aria-rowindex]').first().boundingBox()) ?? {};
  for (let row = 0; row < count; row += 1) {
    await table().evaluate((element, by) => element.scrollBy(0, by), height);
    await twoFrames();
  }
}

test('scrolling draws each row that comes into view once, and no row again', async () => {
  await table().evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  await twoFrames();
  const passed = 60;
  const { rowsDrawn, rowsPutIn, changesWithinRows } = await workOf(() => scrollRows(passed));
  expect(rowsPutIn).toBeGreaterThan(0);
  // The window moves by several rows at once, so the last of them may be ahead.
  expect(rowsPutIn).toBeLessThanOrEqual(passed + ROWS_AT_ONCE);
  expect({ rowsDrawn, changesWithinRows }).toEqual({ rowsDrawn: rowsPutIn, changesWithinRows: 0 });
});

test('a jump draws one window of rows, wherever it leads', async () => {
  for (const share of [0, 0.9, 0.1, 1]) {
    const { rowsDrawn, rowsPutIn } = await workOf(() =>
      table().evaluate((element, part) => element.scrollTo(0, part * element.scrollHeight), share),
    );
    expect(rowsPutIn).toBeLessThan(MANY_ROWS);
    expect(rowsDrawn).toBe(rowsPutIn);
  }
});

test('a header sorts by mouse and keyboard, says its order, and draws one window of rows', async () => {
  await show(it.page, { path: '/clients?sort=client', shows: /^10,000 clients$/ });
  const header = (name: string) => table().getByRole('columnheader', { name });
  const order = (name: string) => header(name).getAttribute('aria-sort');
  const expiries = rows.map(({ expiresOn }) => expiresOn).toSorted();
  const firstExpiry = async () => {
    const name = await table().locator('tbody tr[aria-rowindex="2"] th a').textContent();
    return rows.find(({ client }) => client === name)?.expiresOn;
  };
  expect([await order('Client'), await order('Expires')]).toEqual(['ascending', null]);

  const click = async () => {
    await header('Expires').getByRole('button').click();
    await expect.poll(() => order('Expires')).toBe('ascending');
  };
  expect((await workOf(click)).rowsDrawn).toBeLessThan(MANY_ROWS);
  expect(await order('Client')).toBeNull();
  expect(await firstExpiry()).toBe(expiries[0]);

  const press = async () => {
    await it.page.keyboard.press('Enter');
    await expect.poll(() => order('Expires')).toBe('descending');
  };
  expect((await workOf(press)).rowsDrawn).toBeLessThan(MANY_ROWS);
  expect(await firstExpiry()).toBe(expiries.at(-1));
  expect(new URL(it.page.url()).hash).toBe('#/clients?sort=-expires');
});

test('a change of one client has one of ten pages of clients asked for again', async () => {
  await show(it.page, { path: '/clients?sort=client', shows: /^10,000 clients$/ });
  const asked = () => it.requests.filter(({ url }) => new URL(url).pathname === '/api/inventory').map(({ url }) => url);
  const before = asked().length;
  const changed = rows.map((row, n) => (n === 3500 ? { ...row, client: 'a-new-name' } : row));
  const { announced, answer } = inventoryApi(changed);
  it.server.api.set('GET inventory', answer);
  it.server.api.set('GET overview', () => ({ body: { ...overviewOf(changed), ...announced } }));
  await it.page.getByText('a-new-name').waitFor({ timeout: 60_000 });
  expect(asked().slice(before)).toEqual([expect.stringContaining('continuation=3')]);
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
