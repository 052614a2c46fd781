import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOW, rowsOf } from '../../shared/madeUpFleet.js';
import { appears, openPage, startBrowser } from './browser.js';
import { fleetApi } from './fleetApi.js';
import { fleetViews, show } from './fleetViews.js';
import { COOKIE, startPageServer, type PageServer } from './pageServer.js';

const rows = rowsOf(40);
const [row] = rows;

let browser: Browser;
let server: PageServer;
beforeAll(async () => {
  browser = await startBrowser();
  server = await startPageServer(fleetApi(rows), 'entra');
});
afterAll(async () => {
  await server?.close();
  await browser?.close();
});

const place = '#/clients?q=press';

test.each(['/api/ui', '//api/ui', '///api/ui'])(
  'from %s a sign-in leads back to the page, on its own origin',
  async (path) => {
    const { origin } = new URL(server.url);
    const it = await openPage(browser);
    await it.page.goto(`${origin}${path}${place}`);
    const link = it.page.getByRole('link', { name: 'Sign in with Microsoft Entra' });
    await link.waitFor();
    const target = new URL((await link.getAttribute('href')) ?? '', origin);
    const back = target.searchParams.get('post_login_redirect_uri') ?? '';
    expect(target.origin).toBe(origin);
    expect(new URL(back, origin).href).toBe(`${origin}/api/ui${place}`);
    await it.context.close();
    expect(it.complaints).toEqual([]);
  },
);

test('who is signed in with Entra sees every view and acts, by the cookie alone, until the session ends', async () => {
  const { origin } = new URL(server.url);
  const it = await openPage(browser);
  await it.context.addCookies([{ ...COOKIE, url: origin, httpOnly: true, sameSite: 'Lax' }]);
  await it.page.clock.setFixedTime(NOW);
  await it.page.goto(server.url);
  for (const view of fleetViews(rows)) await show(it.page, view);
  expect(await it.page.getByLabel('Function key').count()).toBe(0);
  const signOut = await it.page.getByRole('link', { name: 'Sign out' }).getAttribute('href');
  expect(new URL(signOut ?? '', origin).pathname).toBe('/.auth/logout');

  await show(it.page, { path: `/clients/${row?.key}`, shows: 'line-scopemap' });
  await it.page.getByRole('button', { name: 'Check', exact: true }).click();
  const dialog = it.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Check', exact: true }).click();
  await dialog.getByText('The check has started.').waitFor();
  expect(server.changes.map(({ path }) => path)).toEqual(['checks']);
  await dialog.getByRole('button', { name: 'Close' }).click();

  await it.context.clearCookies();
  await it.page.getByRole('link', { name: 'Rollouts' }).click();
  expect(await appears(it.page.getByRole('link', { name: 'Sign in with Microsoft Entra' }))).toBe(true);
  expect(server.callers.known).toBeGreaterThan(fleetViews(rows).length);
  expect(server.callers.withKey).toBe(0);
  await it.context.close();
  expect(it.complaints).toEqual([]);
});
