import { afterEach, beforeEach, expect, test } from 'vitest';
import { browserOfFile } from './browserOfFile.js';
import { rowsOf } from '../../shared/madeUpFleet.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(40);
const [row] = rows;
if (row === undefined) throw new Error('The fleet has no client.');

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
  await show(it.page, { path: `/clients/${row.key}`, shows: 'line-scopemap' });
});
afterEach(() => it.close());

const focused = () => it.page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
const press = (key: string) => it.page.keyboard.press(key);

/** Tabs until something has the focus. */
async function tabTo(name: string): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) {
    if ((await focused()) === name) return;
    await press('Tab');
  }
  throw new Error(`${name} is not reached by Tab. The focus is at: ${await focused()}`);
}

test('an action is done with the keyboard alone, and the focus comes back', async () => {
  await tabTo('Offboard');
  await press('Enter');
  const dialog = it.page.getByRole('dialog', { name: 'Offboard the client' });
  await dialog.getByText('change for offboardings').waitFor();
  expect(await dialog.getByRole('button', { name: 'Offboard', exact: true }).isDisabled()).toBe(true);
  await dialog.getByLabel(/^Type /).focus();
  await it.page.keyboard.type(`${row.client}x`);
  await press('Enter');
  expect(it.server.changes).toEqual([]);
  await press('Backspace');
  await press('Enter');
  await dialog.getByText('The offboarding has started.').waitFor();
  expect(it.server.changes).toEqual([
    {
      path: 'offboardings',
      json: { clients: [{ registry: row.registry, connectedRegistry: row.connectedRegistry, client: row.client }] },
    },
  ]);
  await expect.poll(focused).toBe('Close');
  await press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Offboard');
});

test('Tab stays in the dialog, and Escape closes it, does nothing and gives the focus back', async () => {
  await tabTo('Revoke');
  await press('Enter');
  const dialog = it.page.getByRole('dialog', { name: 'Revoke the credential' });
  await dialog.getByText('change for revocations').waitFor();
  for (let turn = 0; turn < 8; turn += 1) {
    await press('Tab');
    expect(
      await it.page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
      ),
    ).toBe(true);
  }
  await press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Revoke');
  expect(it.server.changes).toEqual([]);
});

test('Escape does not close a dialog while its request is under way', async () => {
  let go: (value: unknown) => void = () => undefined;
  const after = new Promise((resolve) => (go = resolve));
  await tabTo('Rotate');
  await press('Enter');
  const dialog = it.page.getByRole('dialog', { name: 'Rotate the credential' });
  await dialog.getByText('change for rotations').waitFor();
  it.server.api.set('POST rotations', () => ({
    status: 202,
    after,
    body: { operations: [{ id: `${row.key}.0mrun00000009`, status: 'running' }] },
  }));
  await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
  await dialog.getByText('Sending …').waitFor();
  for (let turn = 0; turn < 3; turn += 1) await press('Escape');
  await dialog.getByText('Sending …').waitFor();
  go(undefined);
  await dialog.getByText('The rotation has started.').waitFor();
  await dialog.getByRole('link').click();
  await it.page.getByRole('heading', { level: 1 }).waitFor();
  expect(await it.page.evaluate(() => window.location.hash)).toBe(`#/operations/${row.key}.0mrun00000009`);
  await dialog.waitFor({ state: 'detached' });
});
