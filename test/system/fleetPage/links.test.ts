import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OperationSummary } from '@connected-registry/protocol/answers/answers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { at, operationOf, overviewOf, rowsOf } from '../../shared/madeUpFleet.js';
import { browserOfFile } from './browserOfFile.js';
import { selectedOperations, summaryOf } from './fleetApi.js';
import { show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

const HOUR = 3_600_000;
/** Each revoked client would expire soon and be due, if it had not been revoked. */
const rows = rowsOf(80).map((row) =>
  row.state === 'revoked' ? { ...row, expiresOn: at(100 * HOUR), rotationDueAt: at(-100 * HOUR) } : row,
);
const home = { path: '/', shows: 'Line firmware 7' };

/** An onboarding of a client that has no credential, and hence no row of the inventory. */
function first(client: string, more: Partial<OperationSummary> = {}): OperationSummary {
  const reference = { registry: 'plantregistry', connectedRegistry: 'berlin', client };
  const key = clientKey(reference);
  return {
    ...summaryOf(operationOf({ ...reference, key }, { id: `${key}.0mrun00000001` })),
    kind: 'onboard',
    ...more,
  };
}

const failed = (hours: number, code: 'pull-check-deadline' | 'cancelled') =>
  ({
    status: 'rolledBack',
    phase: 'rolledBack',
    startedAt: at(-hours * HOUR),
    endedAt: at(-hours * HOUR),
    failure: { code, message: 'No report came.', residue: [], kept: [] },
  }) as const;

const operations = [
  first('runs-first'),
  { ...first('rotates'), kind: 'rotate' as const },
  first('failed-first', failed(2, 'pull-check-deadline')),
  first('was-cancelled', failed(3, 'cancelled')),
  first('failed-last-week', failed(170, 'pull-check-deadline')),
] as const;

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
  const overview = overviewOf(rows);
  const inProgress = { onboard: 1, rotate: 1, offboard: 0, revoke: 0, check: 0 };
  const failures = { since: at(-24 * HOUR), total: 2, byCode: { 'pull-check-deadline': 1, cancelled: 1 } };
  it.server.api.set('GET overview', () => ({
    body: { ...overview, runs: { ...overview.runs, inProgress, failures } },
  }));
  it.server.api.set('GET operations', ({ query }) => ({
    body: { operations: selectedOperations(operations, query) },
  }));
});
afterEach(() => it.close());

describe('a number of the overview leads to what it counts:', () => {
  test.each([
    ['Runs in progress', /^onboard\s*1$/, ['runs-first']],
    ['Runs in progress', /^rotate\s*1$/, ['rotates']],
    ['Failures of the last day', /^pull-check-deadline\s*1$/, ['failed-first']],
    ['Failures of the last day', /^cancelled\s*1$/, ['was-cancelled']],
    ['Failures of the last day', /^2\s+failures/, ['failed-first', 'was-cancelled']],
  ])('%s, %s: also to runs of clients without a credential', async (card, link, clients) => {
    await show(it.page, home);
    await it.page.getByRole('region', { name: card }).getByRole('link', { name: link }).click();
    const list = it.page.getByRole('table', { name: 'Operations, newest first' });
    await list.waitFor();
    expect(await list.locator('td[data-label=Client] a').allTextContents()).toEqual(clients);
  });

  test.each(['Clients', 'Expiring'])('%s', async (card) => {
    await show(it.page, home);
    const links = it.page.getByRole('region', { name: card }).getByRole('link');
    const count = await links.count();
    expect(count).toBeGreaterThan(3);
    for (let n = 0; n < count; n += 1) {
      const number = await links.nth(n).locator('.number').textContent();
      await links.nth(n).click();
      await it.page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
      await it.page
        .getByRole('status')
        .filter({ hasText: `${number} of 80 clients` })
        .waitFor();
      await it.page.goBack();
      await it.page.getByText(home.shows).waitFor();
    }
  });
});

test('a client of a rollout leads to the client, also if its onboarding was rolled back', async () => {
  const [, , { id, registry, connectedRegistry, client }] = operations;
  const answer = {
    row: 1,
    registry,
    connectedRegistry,
    client,
    state: 'failed',
    code: 'pull-check-deadline',
    operation: id,
  };
  it.server.api.set('GET rollouts/*/clients', () => ({ body: { clients: [answer] } }));
  await show(it.page, { path: '/rollouts/r0mrollout00001', shows: 'failed-first' });
  await it.page.getByRole('link', { name: 'failed-first' }).click();
  await it.page.getByText('line-scopemap').waitFor();
  expect(new URL(it.page.url()).hash).toBe(`#/clients/${id.split('.')[0]}`);
});
