import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { openPage, startBrowser } from './browser.js';
import { fleetApi } from './fleetApi.js';
import { startPageServer, type PageServer } from './pageServer.js';

let browser: Browser;
let server: PageServer;
beforeAll(async () => {
  browser = await startBrowser();
  server = await startPageServer(fleetApi(rowsOf(1)), 'entra');
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
