import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { DESK, PHONE } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { until } from '../../shared/until.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';
import { committed, difference, halved, TOLERANCE } from './picture.js';

const rows = rowsOf(200);
const [row] = rows;
const views = fleetViews(rows);
/** The height that is drawn of a longer view, in pixels. */
const MAX_HEIGHT = 2400;
const goldens = join(projectRoot(), 'test', 'system', 'fleetPage', 'goldens');
const README_PICTURE = join(projectRoot(), 'docs', 'fleet-page.png');

const browser = browserOfFile();

const nameOf = (pattern: string) => pattern.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '') || 'overview';

/** A picture, once nothing in it changes any more. */
async function steady(take: (options: { animations: 'disabled'; caret: 'hide' }) => Promise<Buffer>): Promise<Buffer> {
  const options = { animations: 'disabled', caret: 'hide' } as const;
  let last = await take(options);
  const { picture } = await until(
    async () => {
      const [picture, before] = [await take(options), last];
      last = picture;
      return { picture, isSteady: picture.equals(before) };
    },
    ({ isSteady }) => isSteady,
    'nothing in the picture changes any more',
    { pause: 0 },
  );
  return picture;
}

/** The window. The mouse rests where it highlights nothing. */
async function windowOf({ page }: Opened): Promise<Buffer> {
  await page.mouse.move(0, 0);
  return steady((options) => page.screenshot(options));
}

/** The page, also what is below the window. */
async function wholeOf({ page }: Opened): Promise<Buffer> {
  await page.mouse.move(0, 0);
  const { width, height } = await page.evaluate(() => ({
    width: document.documentElement.clientWidth,
    height: document.documentElement.scrollHeight,
  }));
  const clip = { x: 0, y: 0, width, height: Math.min(height, MAX_HEIGHT) };
  return steady((options) => page.screenshot({ ...options, fullPage: true, clip }));
}

/** What the page still reads may change its height, so a picture is taken again until it is the committed one. */
const within = { timeout: 60_000, interval: 200 };

/**
 * How far a new picture is from the committed one.
 * @param part of both that is compared
 */
async function differs(
  file: string,
  take: () => Promise<Buffer>,
  part: (picture: Uint8Array) => Uint8Array = (picture) => picture,
): Promise<number> {
  const shot = await take();
  return difference(part(committed(file, shot)), part(shot));
}

describe.each([
  ['desk', { viewport: DESK }],
  ['phone', { viewport: PHONE, isMobile: true, hasTouch: true }],
] as const)('at the width of a %s', (width, options) => {
  let it: Opened;
  beforeAll(async () => {
    it = await openFleet(browser(), rows, options);
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern looks as it did', async (view) => {
    await show(it.page, view);
    const file = join(goldens, `${nameOf(view.pattern)}.${width}.png`);
    await expect.poll(() => differs(file, async () => halved(await wholeOf(it))), within).toBeLessThan(TOLERANCE);
  });

  test('a dialog with its plan looks as it did', async () => {
    await show(it.page, { path: `/clients/${row?.key}`, shows: 'line-scopemap' });
    await it.page.getByRole('button', { name: 'Revoke' }).click();
    const dialog = it.page.getByRole('dialog');
    await dialog.getByLabel(/^Type /).fill('press');
    await it.page.mouse.move(0, 0);
    const file = join(goldens, `dialog.${width}.png`);
    const take = async () => halved(await steady((options) => dialog.screenshot(options)));
    await expect.poll(() => differs(file, take), within).toBeLessThan(TOLERANCE);
    await it.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});

test('the picture of the README is the page as it is, and small', async () => {
  const it = await openFleet(browser(), rows, { viewport: { width: 1280, height: 800 } });
  await show(it.page, { path: '/', shows: 'Line firmware 7' });
  await expect.poll(() => differs(README_PICTURE, () => windowOf(it), halved), within).toBeLessThan(TOLERANCE);
  expect(statSync(README_PICTURE).size).toBeLessThan(200_000);
  await it.close();
});

test('the tolerance is less than what a card that is gone changes', async () => {
  const it = await openFleet(browser(), rows);
  await show(it.page, { path: '/', shows: 'Line firmware 7' });
  const seen = halved(await windowOf(it));
  await it.page
    .locator('.card')
    .first()
    .evaluate((card) => card.remove());
  expect(difference(seen, halved(await windowOf(it)))).toBeGreaterThan(TOLERANCE);
  const overview = readFileSync(join(goldens, 'overview.desk.png'));
  expect(difference(overview, readFileSync(join(goldens, 'clients.desk.png')))).toBeGreaterThan(TOLERANCE);
  await it.close();
});
