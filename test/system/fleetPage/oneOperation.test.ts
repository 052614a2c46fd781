import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '@connected-registry/protocol/answers/answers';
import { at, operationOf, rowsOf } from '../../shared/madeUpFleet.js';
import { PHONE } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const MINUTE = 60_000;
const rows = rowsOf(5);
const [row] = rows;
if (row === undefined) throw new Error('The made-up fleet is empty.');
const id = `${row.key}.0mrun00000001`;
const path = `/operations/${id}`;

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows, { viewport: PHONE });
});
afterEach(() => it?.close());

const answer = (operation: Operation) => it.server.api.set('GET operations/*', () => ({ body: operation }));
const sideways = () =>
  it.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('an operation is followed while it runs, and its end is announced', async () => {
  const running = operationOf(row, { id });
  answer(running);
  await show(it.page, { path, shows: 'the device has not reported yet' });
  const announced = it.page.locator('main [role=status]').filter({ hasText: /:/ });
  await expect.poll(() => announced.allTextContents()).toEqual([expect.stringMatching(/^Pull check: waiting/)]);

  answer({ ...running, status: 'completed', phase: 'completed', endedAt: at(0) });
  await it.page.getByText('The operation has ended: completed.').waitFor({ state: 'attached' });
});

test('a failed operation shows its undo, what remains, and a message of 10,000 characters without moving the page', async () => {
  const step = (name: string, minute: number, status: 'completed' | 'failed') => ({
    name,
    status,
    attempts: 3,
    startedAt: at((minute - 10) * MINUTE),
    endedAt: at((minute - 9) * MINUTE),
  });
  const message = `<b>refused</b> ${'x'.repeat(10_000)}`;
  answer({
    ...operationOf(row, { id, kind: 'onboard' }),
    status: 'failed',
    phase: 'failed',
    startedAt: at(-10 * MINUTE),
    endedAt: at(-7 * MINUTE),
    steps: [step('preflight', 0, 'completed'), step('bind', 1, 'failed'), step('removeToken', 2, 'failed')],
    failure: { code: 'bind-refused', message, residue: ['token line-token: it could not be removed'], kept: [] },
  });
  await show(it.page, { path, shows: 'token line-token: it could not be removed' });
  const undo = it.page.getByRole('list', { name: 'Steps of the undo' });
  expect(await undo.locator('strong').allTextContents()).toEqual(['Remove token']);
  expect(await it.page.locator('main b').count()).toBe(0);
  expect(await sideways()).toBe(0);

  await it.page.getByText('All 10,015 characters').click();
  await it.page.getByText(message).waitFor();
  expect(await sideways()).toBe(0);
});

test('an operation that the engine no longer has is said to be abridged, and shows no empty timeline', async () => {
  answer({
    ...operationOf(row, { id }),
    status: 'completed',
    phase: 'completed',
    endedAt: at(0),
    steps: [],
    abridged: true,
    actor: 'operator@plants.example',
  });
  await show(it.page, { path, shows: 'Abridged.' });
  expect(await it.page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Run']);
  await it.page.getByText('operator@plants.example').waitFor();
});
