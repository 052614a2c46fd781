import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { PHONE, startBrowser } from './browser.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(200);
const views = fleetViews(rows);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

/** What axe-core finds that keeps somebody from using the page. */
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<AxeResults>(
    'window.axe.run(document, { resultTypes: ["violations"], preload: false })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    );
}

test('the list of views has every view of the page', () => {
  const folder = join(projectRoot(), 'packages', 'ui', 'src', 'views');
  const patterns = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/: View = \{\s*path: '([^']+)'/g)])
    .flatMap(([, pattern]) => pattern ?? []);
  expect(views.map(({ pattern }) => pattern).toSorted()).toEqual(patterns.toSorted());
});

describe.each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
  let it: Opened;
  beforeAll(async () => {
    // axe-core is not the page's: it is not bound to the page's policy, which other tests keep.
    it = await openFleet(browser, rows, { colorScheme, bypassCSP: true });
    await it.page.evaluate(axeSource);
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern has nothing that axe-core finds serious', async (view) => {
    await show(it.page, view);
    expect(await barriers(it.page)).toEqual([]);
  });

  test('nor has a dialog', async () => {
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    await it.page.getByText('More fields').click();
    expect(await barriers(it.page)).toEqual([]);
    await it.page.keyboard.press('Escape');
    await it.page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('axe-core would find a field without a name', async () => {
    await it.page.evaluate(() => document.querySelector('main')?.append(document.createElement('input')));
    expect(await barriers(it.page)).toEqual([expect.stringContaining('label')]);
  });
});

describe('on a phone', () => {
  let it: Opened;
  beforeAll(async () => {
    it = await openFleet(browser, rows, { viewport: PHONE, hasTouch: true, isMobile: true });
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern does not scroll sideways', async (view) => {
    await show(it.page, view);
    const { page, window: shown } = await it.page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
    }));
    expect(shown).toBe(PHONE.width);
    expect(page).toBeLessThanOrEqual(shown);
  });
});
