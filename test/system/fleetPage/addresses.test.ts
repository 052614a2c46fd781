import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPage, signIn } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';
import { KEY } from './pageServer.js';

const rows = rowsOf(200);
const CLIENTS = { path: '/clients', shows: /^200 clients$/ };

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
});
afterEach(() => it.close());

const hash = () => it.page.evaluate(() => window.location.hash);
const expired = rows.filter(({ state }) => state === 'expired').length;
const count = (text: string) => it.page.getByRole('status').filter({ hasText: text }).waitFor();

test('a filter is in the address, a reload keeps it, and a shared address shows the same', async () => {
  await show(it.page, CLIENTS);
  await it.page.getByRole('button', { name: /^expired/ }).click();
  await count(`${expired} of 200 clients`);
  expect(await hash()).toBe('#/clients?state=expired');
  await it.page.reload();
  await it.page.getByLabel('Function key').fill(KEY);
  await it.page.getByRole('button', { name: 'Sign in' }).click();
  await count(`${expired} of 200 clients`);
  const other = await openPage(browser());
  await signIn(other, `${it.server.url}#/clients?state=expired`, KEY);
  await other.page
    .getByRole('status')
    .filter({ hasText: `${expired} of 200 clients` })
    .waitFor();
  await other.context.close();
  expect(other.complaints).toEqual([]);
});

test('back and forward go through views and filters', async () => {
  await show(it.page, { path: '/rollouts', shows: 'Line firmware 7' });
  await it.page.getByRole('link', { name: 'Clients' }).click();
  await count('200 clients');
  await it.page.getByRole('button', { name: /^expired/ }).click();
  await count(`${expired} of 200 clients`);
  await it.page.goBack();
  await count('200 clients');
  await it.page.goBack();
  await it.page.getByRole('heading', { name: 'Rollouts', level: 1 }).waitFor();
  await it.page.goForward();
  await it.page.goForward();
  await count(`${expired} of 200 clients`);
  expect(await hash()).toBe('#/clients?state=expired');
});

test('a navigation puts the focus on the heading of the view, and the title says it', async () => {
  await show(it.page, CLIENTS);
  await it.page.getByRole('link', { name: 'Rollouts' }).click();
  await it.page.getByRole('heading', { name: 'Rollouts', level: 1 }).waitFor();
  await expect.poll(() => it.page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  expect(await it.page.title()).toContain('Rollouts');
});
