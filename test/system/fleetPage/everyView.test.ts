import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { barriers, sideways, WITH_AXE } from './barriers.js';
import { PHONE } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { problem, rowsOf } from '../../shared/madeUpFleet.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(200);
const views = fleetViews(rows);

const browser = browserOfFile();

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
    it = await openFleet(browser(), rows, { colorScheme, ...WITH_AXE });
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern has nothing that axe-core finds serious', async (view) => {
    await show(it.page, view);
    expect(await barriers(it.page)).toEqual([]);
  });

  test('nor has a view that cannot be read', async () => {
    it.server.fault = () => ({ status: 403, body: problem(403, 'not-an-operator', { title: 'Not an operator' }) });
    await show(it.page, { path: '/operations/press.0mrun00000007', shows: 'Not an operator' });
    expect(await barriers(it.page)).toEqual([]);
    it.server.fault = undefined;
  });

  test('axe-core would find a field without a name', async () => {
    await it.page.locator('main').evaluate((main) => main.append(document.createElement('input')));
    expect(await barriers(it.page)).toEqual([expect.stringContaining('label')]);
  });
});

describe('on a phone', () => {
  let it: Opened;
  beforeAll(async () => {
    it = await openFleet(browser(), rows, { viewport: PHONE, hasTouch: true, isMobile: true, ...WITH_AXE });
  });
  afterAll(() => it?.close());

  test.each(views)('$pattern does not scroll sideways, and has nothing that axe-core finds serious', async (view) => {
    await show(it.page, view);
    expect(await it.page.evaluate(() => document.documentElement.clientWidth)).toBe(PHONE.width);
    expect(await sideways(it.page)).toBe(0);
    expect(await barriers(it.page)).toEqual([]);
  });

  test('what is too wide would be found, in the page and in a dialog', async () => {
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    // A locator waits for what a click brings, and an element that never comes fails the test.
    const widen = (selector: string) =>
      it.page.locator(selector).evaluate((within) => {
        const wide = document.createElement('pre');
        wide.textContent = 'x'.repeat(300);
        within.append(wide);
      });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    await widen('dialog[open]');
    expect(await sideways(it.page)).toBeGreaterThan(0);
    await it.page.keyboard.press('Escape');
    await it.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await sideways(it.page)).toBe(0);
    await widen('main');
    expect(await sideways(it.page)).toBeGreaterThan(0);
  });
});
