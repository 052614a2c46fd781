import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problem, rowsOf } from '../../shared/madeUpFleet.js';
import { barriers, sideways, WITH_AXE } from './barriers.js';
import { DESK, PHONE } from './browser.js';
import { browserOfFile } from './browserOfFile.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const NONE = { sideways: 0, barriers: [] };
/** Without a place at which a line could end. */
const LONG = 'x'.repeat(300);
const rows = rowsOf(10);
const [row] = rows;
if (row === undefined) throw new Error('The fleet has no client.');

const PROBLEM = problem(400, 'invalid-request');
const clients = { path: '/clients', shows: /^10 clients$/ };
const client = { path: `/clients/${row.key}`, shows: 'line-scopemap' };
const rollout = { path: '/rollouts/r0mrollout00001', shows: 'Clients of the rollout' };
const operation = { path: `/operations/${row.key}.0mrun00000000`, shows: 'the device has not reported yet' };

const browser = browserOfFile();

describe.each([
  ['light', { viewport: DESK, colorScheme: 'light' }],
  ['dark', { viewport: DESK, colorScheme: 'dark' }],
  ['on a phone', { viewport: PHONE, isMobile: true, hasTouch: true }],
] as const)('%s', (_, options) => {
  let it: Opened;
  beforeAll(async () => {
    it = await openFleet(browser(), rows, { ...options, ...WITH_AXE });
  });
  afterAll(() => it?.close());

  const dialog = () => it.page.getByRole('dialog');
  /** What is cut off, or hard to use for somebody. */
  const faults = async () => ({ sideways: await sideways(it.page), barriers: await barriers(it.page) });
  const open = async (view: typeof client | typeof clients, name: string) => {
    await show(it.page, view);
    await it.page.getByRole('button', { name, exact: true }).click();
  };
  const close = async () => {
    await it.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  };

  test.each([
    ['Rotate', client],
    ['Recheck', client],
    ['Check', client],
    ['Revoke', client],
    ['Offboard', client],
    ['Cancel the run', operation],
    ['Pause', rollout],
    ['Retry failed', rollout],
    ['Cancel the rollout', rollout],
  ])('%s with its plan can be used by everybody', async (name, view) => {
    await open(view, name);
    await dialog().getByRole('region', { name: 'Plan' }).waitFor();
    expect(await faults()).toEqual(NONE);
    await close();
  });

  test('a rotation at once with its choice and the typed name', async () => {
    await open(client, 'Rotate');
    await dialog().getByRole('checkbox').check();
    await dialog()
      .getByLabel(/^Type /)
      .fill('press');
    expect(await faults()).toEqual(NONE);
    await close();
  });

  test('an onboarding with all its fields, and with the faults of each', async () => {
    await open(clients, 'Onboard a client');
    await dialog().getByText('More fields').click();
    expect(await faults()).toEqual(NONE);
    const { api } = it.server;
    const before = api.get('POST onboardings');
    const fault = (field: string) => ({ field, message: `is not ${LONG}`, fix: `one of ${LONG}` });
    api.set('POST onboardings', () => ({
      status: 400,
      body: { ...PROBLEM, errors: ['client', 'connectedRegistry', 'identity.principalId', 'unknownField'].map(fault) },
    }));
    await dialog().getByRole('button', { name: 'Show the plan' }).click();
    await dialog().getByText(`client is not ${LONG}`).waitFor();
    expect(await faults()).toEqual(NONE);
    if (before !== undefined) api.set('POST onboardings', before);
    await close();
  });

  test('a plan of long texts that the app would refuse, and a refusal', async () => {
    const { api } = it.server;
    const before = api.get('POST checks');
    api.set('POST checks', () => ({
      body: {
        problems: [{ code: 'client-not-found', field: LONG, message: LONG, fix: LONG }],
        warnings: [{ code: 'overlap', message: LONG, fix: LONG }],
        writes: [{ step: LONG, action: LONG, resource: LONG }],
        adopts: [LONG],
        vaults: [{ client: LONG, vault: LONG }],
      },
    }));
    await open(client, 'Check');
    await dialog().getByText('The app would refuse this.').waitFor();
    expect(await faults()).toEqual(NONE);
    await close();
    api.set('POST checks', () => ({ status: 400, body: { ...PROBLEM, title: LONG, detail: LONG } }));
    await open(client, 'Check');
    await dialog().getByRole('alert').waitFor();
    expect(await faults()).toEqual(NONE);
    await close();
    if (before !== undefined) api.set('POST checks', before);
  });

  test('the sign-in, and a key that was refused', async () => {
    await it.page.getByRole('button', { name: 'Sign out' }).click();
    await it.page.getByLabel('Function key').fill('not-the-key');
    expect(await faults()).toEqual(NONE);
    await it.page.getByRole('button', { name: 'Sign in' }).click();
    await it.page.getByRole('alert').filter({ hasText: 'The app refused the key.' }).waitFor();
    expect(await faults()).toEqual(NONE);
  });
});
