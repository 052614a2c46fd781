import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { clientOf, overviewOf, problem, rowsOf } from '../../shared/madeUpFleet.js';
import { browserOfFile } from './browserOfFile.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(40);
const [, , , , , , , row, other, rotated] = rows;
if (row === undefined || other === undefined || rotated === undefined)
  throw new Error('The made-up fleet is too small.');

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
});
afterEach(() => it?.close());

/** How often the page has asked for a path below /api/. */
const asked = (path: string) => it.requests.filter(({ url }) => new URL(url).pathname === `/api/${path}`).length;
const ofClient = `clients/${row.key}`;
const view = { path: `/clients/${row.key}`, shows: 'line-scopemap' };
const notFound = () => ({ status: 404, body: problem(404, 'client-not-found') });
const NO_CREDENTIAL = /^The vault has no credential of it, and no join token/;

/** Has the app answer with fleets that a test chooses. */
function changingFleet() {
  let now: readonly InventoryRow[] = rows;
  let mark = 'first';
  it.server.api.set('GET overview', () => ({ body: { ...overviewOf(now), inventory: mark } }));
  it.server.api.set('GET inventory', () => ({
    body: { asOf: overviewOf(now).asOf, total: now.length, clients: now },
  }));
  return {
    row: (key: string) => now.find((one) => one.key === key),
    change(to: readonly InventoryRow[], newMark: string): void {
      now = to;
      mark = newMark;
    },
    revoke(key: string, newMark: string): void {
      this.change(
        now.map((one) => (one.key === key ? { ...one, state: 'revoked' as const } : one)),
        newMark,
      );
    },
  };
}

describe('a client, which costs reads at Azure Resource Manager,', () => {
  test('is read once, however often it is opened, and again with a click', async () => {
    await show(it.page, view);
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.goBack();
    await it.page.getByText('line-scopemap').waitFor();
    expect(asked(ofClient)).toBe(1);

    await it.page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(() => asked(ofClient)).toBe(2);
  });

  test('is read again when its own row of the inventory changes, not with another', async () => {
    const fleet = changingFleet();
    it.server.api.set('GET clients/*', () => ({ body: clientOf(fleet.row(row.key) ?? row) }));
    await show(it.page, view);

    const before = asked('inventory');
    fleet.revoke(other.key, 'second');
    await expect.poll(() => asked('inventory'), { timeout: 60_000 }).toBeGreaterThan(before);
    expect(asked(ofClient)).toBe(1);

    fleet.revoke(row.key, 'third');
    await it.page.getByText('Token and secret are disabled').waitFor();
    await expect.poll(() => asked(ofClient)).toBe(2);
  });

  test('is read again when its row disappears, and is then shown as absent without an alert', async () => {
    const fleet = changingFleet();
    await show(it.page, view);
    it.server.api.set('GET clients/*', notFound);
    fleet.change(
      rows.filter(({ key }) => key !== row.key),
      'second',
    );
    await it.page.getByText(NO_CREDENTIAL).waitFor({ timeout: 60_000 });
    expect(asked(ofClient)).toBe(2);
    expect(await it.page.getByRole('heading', { name: 'State' }).count()).toBe(1);
    expect(await it.page.getByRole('alert').count()).toBe(0);
  });
});

describe('a client that the app does not know', () => {
  const unknown = { path: '/clients/plant-line-never-0a1b', shows: NO_CREDENTIAL };

  test('is shown as absent with its operations, without an alert', async () => {
    it.server.api.set('GET clients/*', notFound);
    await show(it.page, unknown);
    await it.page.getByRole('table', { name: 'Operations of the client, newest first' }).waitFor();
    expect(await it.page.getByRole('alert').count()).toBe(0);
  });

  test('has no operations if none are on record', async () => {
    it.server.api.set('GET clients/*', notFound);
    it.server.api.set('GET clients/*/operations', notFound);
    await show(it.page, unknown);
    await it.page.getByText('None on record.').waitFor();
    expect(await it.page.getByRole('alert').count()).toBe(0);
  });
});

test.each([
  ['', row, ['Issued', 'Verified by a pull', 'Rotation due', 'Expires']],
  [
    ' with a previous password',
    rotated,
    ['Issued', 'Verified by a pull', 'Previous password ends', 'Rotation due', 'Expires'],
  ],
])(
  'the life of a credential%s is there as a bar, as its label, and as a list by time',
  async (_, { key, revokes }, names) => {
    await show(it.page, { path: `/clients/${key}`, shows: 'line-scopemap' });
    const bar = it.page.getByRole('img', { name: new RegExp(`^${names.join(' .+, ')} in `) });
    expect(await bar.count()).toBe(1);
    expect(await bar.locator('.life-tick').count()).toBe(names.length);
    const events = await it.page.locator('.life-events > li > span').allTextContents();
    expect(events).toEqual(names.map((name) => (name.startsWith('Previous') ? `${name} (${revokes?.slot})` : name)));
  },
);
