import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { DESK, PHONE, startBrowser } from './browser.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';
import { committed, difference, halved, TOLERANCE } from './picture.js';

const rows = rowsOf(200);
const DRAWN = ['/', '/clients', '/clients/:key', '/operations/:id', '/schedule', '/rollouts/:id'];
const views = fleetViews(rows).filter(({ pattern }) => DRAWN.includes(pattern));
const goldens = join(projectRoot(), 'test', 'system', 'fleetPage', 'goldens');
const README_PICTURE = join(projectRoot(), 'docs', 'fleet-page.png');

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const nameOf = (pattern: string) => pattern.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '') || 'overview';

/** The window, once nothing in it changes any more. */
async function shotOf({ page }: Opened): Promise<Buffer> {
  let last = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  for (;;) {
    const next = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    if (next.equals(last)) return next;
    last = next;
  }
}

describe.each([
  ['desk', { viewport: DESK }],
  ['phone', { viewport: PHONE, isMobile: true, hasTouch: true }],
] as const)('at the width of a %s', (width, options) => {
  let it: Opened;
  beforeAll(async () => {
    it = await openFleet(browser, rows, options);
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern looks as it did', async (view) => {
    await show(it.page, view);
    const file = join(goldens, `${nameOf(view.pattern)}.${width}.png`);
    const shot = halved(await shotOf(it));
    expect(difference(committed(file, shot), shot)).toBeLessThan(TOLERANCE);
  });
});

test('the picture of the README is the page as it is, and small', async () => {
  const it = await openFleet(browser, rows, { viewport: { width: 1280, height: 800 } });
  await show(it.page, { path: '/', shows: 'Line firmware 7' });
  const shot = await shotOf(it);
  expect(difference(halved(committed(README_PICTURE, shot)), halved(shot))).toBeLessThan(TOLERANCE);
  expect(statSync(README_PICTURE).size).toBeLessThan(200_000);
  await it.close();
});

test('the tolerance is less than what a card that is gone changes', async () => {
  const it = await openFleet(browser, rows);
  await show(it.page, { path: '/', shows: 'Line firmware 7' });
  const whole = halved(await shotOf(it));
  await it.page.evaluate(() => document.querySelector('.card')?.remove());
  expect(difference(whole, halved(await shotOf(it)))).toBeGreaterThan(TOLERANCE);
  const overview = readFileSync(join(goldens, 'overview.desk.png'));
  expect(difference(overview, readFileSync(join(goldens, 'clients.desk.png')))).toBeGreaterThan(TOLERANCE);
  await it.close();
});
