import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { startBrowser } from './browser.js';
import { problem, rowsOf } from '../../shared/madeUpFleet.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(40);
const [row] = rows;
if (row === undefined) throw new Error('The fleet has no client.');

let browser: Browser;
let it: Opened;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  it = await openFleet(browser, rows);
});
afterEach(() => it.close());

const dialog = () => it.page.getByRole('dialog');
const press = (name: string) => it.page.getByRole('button', { name, exact: true }).click();
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const goTo = (path: string) => it.page.evaluate((hash) => void (window.location.hash = hash), path);

describe('an onboarding', () => {
  test('shows its plan first, and sends what was planned, once', async () => {
    await goTo('/clients');
    await press('Onboard a client');
    await dialog().getByLabel('Connected registry').fill('berlin');
    await dialog().getByLabel('Client', { exact: false }).first().waitFor();
    await dialog()
      .getByRole('textbox', { name: /^Client/ })
      .fill('press-new');
    await dialog()
      .getByLabel(/^Repositories/)
      .fill('hello-world\nsamples/line=content/read,metadata/read');
    await inDialog('Show the plan').click();
    await dialog().getByText('change for onboard').waitFor();
    expect(it.server.changes).toEqual([]);
    await inDialog('Onboard').dblclick();
    await dialog().getByText('The onboarding has started.').waitFor();
    expect(it.server.changes).toEqual([
      {
        path: 'onboardings',
        json: {
          connectedRegistry: 'berlin',
          client: 'press-new',
          repositories: { 'hello-world': ['content/read'], 'samples/line': ['content/read', 'metadata/read'] },
        },
      },
    ]);
  });

  test('has each fault at its field, with the fix, and the focus there', async () => {
    it.server.api.set('POST onboardings', () => ({
      status: 400,
      body: problem(400, 'invalid-request', {
        errors: [
          { field: 'identity.principalId', message: 'is not an object id', fix: 'the object id of an application' },
        ],
      }),
    }));
    await goTo('/clients');
    await press('Onboard a client');
    await inDialog('Show the plan').click();
    const field = dialog().getByLabel('Identity of the device');
    await dialog().getByText('identity.principalId is not an object id.').waitFor();
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(it.server.changes).toEqual([]);
  });
});

describe('a rollout', () => {
  test.each([
    ['Pause', 'pause'],
    ['Retry failed', 'retry-failed'],
    ['Cancel the rollout', 'cancel'],
  ])('%s says what it would do before it does it', async (name, command) => {
    await goTo('/rollouts/r0mrollout00001');
    await press(name);
    await dialog().getByRole('region', { name: 'Plan' }).waitFor();
    expect(it.server.changes).toEqual([]);
    await inDialog(name).click();
    await dialog()
      .getByText(/^The app has taken it/)
      .waitFor();
    expect(it.server.changes).toEqual([{ path: `rollouts/r0mrollout00001/${command}`, json: undefined }]);
    await inDialog('Close').click();
    await dialog().waitFor({ state: 'detached' });
  });

  test('is not offered what does not fit its status', async () => {
    await goTo('/rollouts/r0mrollout00001');
    await it.page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await it.page.getByRole('button', { name: 'Resume' }).count()).toBe(0);
  });
});
