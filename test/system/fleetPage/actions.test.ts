import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { browserOfFile } from './browserOfFile.js';
import { problem, rowsOf } from '../../shared/madeUpFleet.js';
import { openFleet, type Opened } from './opened.js';

const rows = rowsOf(40);
const [row] = rows;
if (row === undefined) throw new Error('The fleet has no client.');

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
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

describe('a client', () => {
  const reference = { registry: row.registry, connectedRegistry: row.connectedRegistry, client: row.client };
  const clients = [reference];
  const urgent = () => dialog().getByRole('checkbox').check();
  const open = async (name: string) => {
    await goTo(`/clients/${row.key}`);
    await press(name);
    await dialog().getByRole('region', { name: 'Plan' }).waitFor();
  };

  test.each([
    ['Rotate', 'Rotate at once', urgent, { path: 'rotations', json: { clients, urgent: true } }],
    ['Revoke', 'Revoke', undefined, { path: 'revocations', json: { clients } }],
    ['Offboard', 'Offboard', undefined, { path: 'offboardings', json: { clients } }],
  ])(
    '%s, %s: takes access away from no other name than the one that is typed, and once',
    async (name, done, choose, sent) => {
      await open(name);
      await choose?.();
      const button = inDialog(done);
      expect(await button.getAttribute('class')).toContain('danger');
      const field = dialog().getByLabel(/^Type /);
      for (const mistyped of ['', row.client.toUpperCase(), ` ${row.client}`, `${row.client}x`, row.key]) {
        await field.fill(mistyped);
        expect(await button.isDisabled()).toBe(true);
        await field.press('Enter');
      }
      expect(it.server.changes).toEqual([]);
      await field.fill(row.client);
      await button.dblclick();
      await dialog()
        .getByText(/ has started\.$/)
        .waitFor();
      expect(it.server.changes).toEqual([sent]);
    },
  );

  test.each([
    ['Rotate', { path: 'rotations', json: { clients } }],
    ['Check', { path: 'checks', json: { clients } }],
  ])('%s asks for no name', async (name, sent) => {
    await open(name);
    expect(
      await dialog()
        .getByLabel(/^Type /)
        .count(),
    ).toBe(0);
    await inDialog(name).click();
    await dialog()
      .getByText(/ has started\.$/)
      .waitFor();
    expect(it.server.changes).toEqual([sent]);
  });

  test('a choice that is taken back asks for no name, and is not sent', async () => {
    await open('Rotate');
    await urgent();
    await dialog()
      .getByLabel(/^Type /)
      .fill(row.client);
    await dialog().getByRole('checkbox').uncheck();
    await inDialog('Rotate').click();
    await dialog().getByText('The rotation has started.').waitFor();
    expect(it.server.changes).toEqual([{ path: 'rotations', json: { clients } }]);
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
