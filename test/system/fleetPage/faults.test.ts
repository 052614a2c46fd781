import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appears } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { problem, rowsOf } from '../../shared/madeUpFleet.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';
import type { FakeAnswer } from './pageServer.js';

const rows = rowsOf(40);
const views = fleetViews(rows);
const [row] = rows;
const overview = { path: '/', shows: 'Line firmware 7' };

/** What an API may do that is not well, and how the page says it. */
const FAULTS: readonly (readonly [string, () => FakeAnswer, string | RegExp])[] = [
  ['fails', () => ({ status: 500 }), 'The app could not answer (500).'],
  [
    'fails with a page of a gateway',
    () => ({ status: 502, body: '<h1>Bad Gateway</h1>' }),
    'The app could not answer (502).',
  ],
  ['refuses', () => ({ status: 403 }), 'Access was refused (403).'],
  [
    'refuses with a problem',
    () => ({ status: 403, body: problem(403, 'not-an-operator', { title: 'Not an operator' }) }),
    'Not an operator',
  ],
  ['is asked too often', () => ({ status: 429, headers: { 'retry-after': '1' } }), /\(429\)/],
  ['answers something else', () => ({ body: '<html>a sign-in page</html>' }), /not one that this page knows \(200\)/],
  ['answers half', () => ({ body: '{"clients":[', headers: { 'content-type': 'application/json' } }), /\(200\)/],
  ['ends the connection', () => ({ isCut: true }), 'The app does not answer.'],
  [
    'redirects elsewhere',
    () => ({ status: 302, headers: { location: 'https://evil.example/' } }),
    'The app does not answer.',
  ],
];

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
});
afterEach(() => it.close());

const alert = (text: string | RegExp) => it.page.getByRole('alert').filter({ hasText: text }).first();

describe('an API that', () => {
  test.each(FAULTS)('%s is said plainly, what was read stays, and the page recovers', async (_, fault, says) => {
    await show(it.page, overview);
    it.server.fault = fault;
    await alert(says).waitFor({ timeout: 60_000 });
    expect(await appears(it.page.getByText('Line firmware 7'))).toBe(true);
    it.server.fault = undefined;
    await alert(says).waitFor({ state: 'detached', timeout: 60_000 });
    expect(await appears(it.page.getByText('Line firmware 7'))).toBe(true);
  });

  test('fails from the start is said in every view', async () => {
    it.server.fault = () => ({ status: 500 });
    for (const { path } of views) {
      await it.page.evaluate((hash) => void (window.location.hash = hash), path);
      expect(await appears(alert('The app could not answer (500).'))).toBe(true);
    }
  });

  test('is slow is said, and its answer is shown when it comes', async () => {
    let go: (value: unknown) => void = () => undefined;
    const after = new Promise((resolve) => (go = resolve));
    it.server.fault = () => ({ after, body: { rollouts: [] } });
    await it.page.evaluate(() => void (window.location.hash = '/rollouts'));
    await it.page.getByText('the app takes longer than usual to answer').waitFor();
    go(undefined);
    expect(await appears(it.page.getByText('There are no rollouts.'))).toBe(true);
  });

  test('does not know the key any more has it typed in again, and forgets what was read', async () => {
    await show(it.page, overview);
    it.server.fault = () => ({ status: 401 });
    await it.page.getByText('The app refused the key.').waitFor({ timeout: 60_000 });
    expect(await it.page.getByText('Line firmware 7').count()).toBe(0);
  });

  test('answers JSON of another kind leaves the page usable', async () => {
    await show(it.page, overview);
    it.server.fault = () => ({ body: {} });
    await it.page.evaluate(() => void (window.location.hash = '/rollouts'));
    expect(await appears(it.page.getByText('This view could not be shown.'))).toBe(true);
    it.server.fault = undefined;
    // The view itself says that it failed; the console of the browser has the error, and a look at another view is
    // enough.
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    it.complaints.length = 0;
  });
});

describe('an action whose answer is missing', () => {
  const openRevoke = async () => {
    await show(it.page, { path: `/clients/${row?.key}`, shows: 'line-scopemap' });
    await it.page.getByRole('button', { name: 'Revoke' }).click();
    await it.page.getByRole('dialog').getByText('change for revocations').waitFor();
    await it.page.getByLabel(/^Type /).fill(row?.client ?? '');
  };
  const send = () => it.page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();

  test.each([
    ['the connection ended', () => ({ isCut: true }) as const],
    ['a gateway answered', () => ({ status: 504, body: 'timeout' })],
    ['the answer is half', () => ({ status: 202, body: '{"operations":[' })],
  ] as const)('since %s may have been taken: the page says so, and where to look', async (_, fault) => {
    await openRevoke();
    it.server.fault = fault;
    await send();
    await it.page.getByText('It is unknown whether the app took the request.').waitFor();
    await it.page.getByRole('dialog').getByRole('link', { name: 'the history of the client' }).waitFor();
    // By the page: Chromium itself repeats a request whose kept connection ended before an answer.
    const sent = it.requests.filter(({ url, body }) => url.endsWith('/revocations') && !body.includes('dryRun'));
    expect(sent).toHaveLength(1);
  });

  test.each([
    [409, 'another-run', { running: 'press.0mrun00000001' }],
    [429, 'service-error', {}],
    [503, 'engine-slow', {}],
  ] as const)('with %i %s is what the app says it is', async (status, code, more) => {
    await openRevoke();
    it.server.fault = () => ({ status, body: problem(status, code, { title: `The app says ${code}`, ...more }) });
    await send();
    await it.page.getByRole('dialog').getByText(`The app says ${code}`).waitFor();
    expect(await it.page.getByText('It is unknown').count()).toBe(0);
  });

  test('of an onboarding leads to the onboardings: the list of clients has no client without a credential', async () => {
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    const dialog = it.page.getByRole('dialog');
    await dialog.getByLabel('Connected registry').fill('berlin');
    await dialog.getByRole('textbox', { name: /^Client/ }).fill('press-new');
    await dialog.getByRole('button', { name: 'Show the plan' }).click();
    await dialog.getByText('change for onboard').waitFor();
    it.server.fault = () => ({ isCut: true });
    await dialog.getByRole('button', { name: 'Onboard', exact: true }).click();
    it.server.fault = undefined;
    await dialog.getByRole('link', { name: 'the list of onboardings' }).click();
    await it.page.getByRole('heading', { name: 'Operations', level: 1 }).waitFor();
    expect(new URL(it.page.url()).hash).toBe('#/operations?kind=onboard');
  });
});
