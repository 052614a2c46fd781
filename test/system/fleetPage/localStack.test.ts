import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logFile } from '@connected-registry/local-stack/stack/plans';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { pauseBefore } from '../../e2e/harness/appClient.js';
import {
  clientsOf,
  ENDPOINT,
  onboardingOf,
  startRolloutStack,
  type RolloutStack,
} from '../../e2e/rollouts/rolloutStack.js';
import { startPlainServer } from '../../shared/plainServer.js';
import { until } from '../../shared/until.js';
import { appears, openPage, PHONE, signIn, startBrowser, type Watched } from './browser.js';
import { show } from './fleetViews.js';

/*
 * The page of a real stack with 200 clients: the views show them, each action starts a run of the app, and the function
 * key stays where it was typed.
 */

const SITES = 4;
const CLIENTS = 200;
/** Of the characters that the API allows in a name. */
const ODD_NAME = "=cmd('1');_#*?!(),@$%41.press";

let browser: Browser;
let stack: RolloutStack;
let it: Watched;
let url: string;
let key: string;
let rollout: string;

beforeAll(async () => {
  browser = await startBrowser();
  // A device of a busy machine that reports late would be asked again, which makes the machine busier.
  const patient = { REPORT_TIMEOUT_SECONDS: '90', PULL_CHECK_RETRY_SECONDS: '5' };
  stack = await startRolloutStack({ sites: SITES, settings: { INVENTORY_CACHE_SECONDS: '10', ...patient } });
  ({ url, key } = stack.it.stack.endpoints.functions);
  const clients = stack.sites.flatMap((site, n) => {
    const named = clientsOf(site, 'press', CLIENTS / SITES);
    return n === 0 ? [{ ...site, client: ODD_NAME }, ...named.slice(1)] : named;
  });
  rollout = await stack.rollouts.start(onboardingOf(clients, { name: 'All presses', waves: { size: 20 } }));
  await stack.rollouts.atRest(rollout, 500);
  it = await openPage(browser);
  await signIn(it, `${url}/api/ui`, key);
}, 600_000);
afterAll(async () => {
  await it?.context.close();
  await browser?.close();
  await stack?.dispose();
});

const site = () => {
  const [first] = stack.sites;
  if (first === undefined) throw new Error('The stack has no connected registry.');
  return first;
};
const keyOf = (client: string) => clientKey({ ...siteOf(client), client });
/**
 * The new client is of the seeded connected registry: that one syncs again and again, and a rotation waits for a sync.
 */
const NEW = 'press-new';
const siteOf = (client: string) => {
  const { azure, edge } = stack.it.stack.endpoints;
  return client === NEW ? { registry: azure.registry, connectedRegistry: edge.connectedRegistry } : site();
};
const dialog = () => it.page.getByRole('dialog');
const headed = (name: string) => it.page.getByRole('heading', { name, exact: true, level: 1 });

/** Opens a dialog, and waits for the plan. */
async function openAction(path: string, shows: string | RegExp, name: string): Promise<void> {
  await show(it.page, { path, shows });
  await it.page.getByRole('button', { name, exact: true }).click();
  await dialog().getByRole('region', { name: 'Plan' }).waitFor({ timeout: 60_000 });
}

/** Confirms, follows the link to the operation, and waits for its end. @returns its id */
async function confirm(name: string, typed?: string): Promise<string> {
  if (typed !== undefined)
    await dialog()
      .getByLabel(/^Type /)
      .fill(typed);
  await dialog().getByRole('button', { name, exact: true }).click();
  const link = dialog().getByRole('link');
  await link.waitFor({ timeout: 60_000 });
  const id = decodeURIComponent((await link.getAttribute('href'))?.replace('#/operations/', '') ?? '');
  await link.click();
  await dialog().waitFor({ state: 'detached' });
  return id;
}

interface Ended {
  readonly kind: string;
  readonly status: string;
}

/** How an operation of any kind ends. */
async function endOf(id: string): Promise<Ended> {
  return until(
    async () => {
      const { kind, status } = (await stack.it.app.get(`operations/${id}`)).body as Ended;
      return { kind, status };
    },
    ({ status }) => status !== 'running',
    `operation ${id} has ended`,
    { pause: pauseBefore },
  );
}

describe('the views', () => {
  test.each([
    ['/', 'Overview'],
    ['/clients', 'Clients'],
    ['/operations', 'Operations'],
    ['/schedule', 'Schedule'],
    ['/registries', 'Registries'],
    ['/rollouts', 'Rollouts'],
  ])('%s shows the fleet', async (path, heading) => {
    await it.page.evaluate((hash) => void (window.location.hash = hash), path);
    await it.page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    await it.page
      .locator('main')
      .getByText(path === '/schedule' ? /rotation/i : /press|fleetsite/)
      .filter({ visible: true })
      .first()
      .waitFor({ timeout: 60_000 });
    expect(await it.page.getByRole('alert').count()).toBe(0);
  });

  test('the clients are all there, and what is typed finds one', async () => {
    await show(it.page, { path: '/clients', shows: `${CLIENTS} clients` });
    await it.page.getByLabel('Search names').fill('=cmd');
    await it.page.getByText(`1 of ${CLIENTS} clients`).waitFor();
    await it.page.getByRole('link', { name: ODD_NAME, exact: true }).click();
    expect(await appears(it.page.getByRole('heading', { name: ODD_NAME, level: 1 }))).toBe(true);
  });

  test('a rollout, a client of it and the operation of that client are reached by links', async () => {
    await show(it.page, { path: '/rollouts', shows: 'All presses' });
    await it.page.getByRole('link', { name: 'All presses' }).click();
    expect(await appears(headed('All presses'))).toBe(true);
    const client = it.page
      .getByRole('table', { name: /^Clients of the rollout/ })
      .getByRole('rowheader')
      .first();
    expect(await client.getByRole('link').textContent()).toBe(ODD_NAME);
    await client.getByRole('link').click();
    expect(await appears(headed(ODD_NAME))).toBe(true);
    const operations = it.page.getByRole('table', { name: 'Operations of the client, newest first' });
    await operations.getByRole('link', { name: 'onboard', exact: true }).click();
    expect(await appears(headed(`Onboard ${ODD_NAME}`))).toBe(true);
    expect(await it.page.getByRole('alert').count()).toBe(0);
  });

  test('a registry is reached by a link, and has its connected registries', async () => {
    const { registry, connectedRegistry } = site();
    await show(it.page, { path: '/registries', shows: registry });
    await it.page.getByRole('link', { name: registry, exact: true }).click();
    expect(await appears(headed(registry))).toBe(true);
    const tree = it.page.getByRole('list', { name: `Connected registries that sync from ${registry}` });
    const node = tree
      .getByRole('listitem')
      .filter({ has: it.page.getByRole('link', { name: connectedRegistry, exact: true }) });
    await node.locator('summary').click();
    expect(await appears(node.getByText(`${registry} › ${connectedRegistry}`, { exact: true }))).toBe(true);
  });
});

describe('an action', () => {
  test('onboards a client', async () => {
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    await dialog()
      .getByLabel(/^Connected registry/)
      .fill(siteOf(NEW).connectedRegistry);
    await dialog()
      .getByRole('textbox', { name: /^Client/ })
      .fill(NEW);
    await dialog()
      .getByLabel(/^Repositories/)
      .fill('hello-world');
    await dialog().getByText('More fields').click();
    await dialog().getByLabel('Endpoint').fill(ENDPOINT);
    await dialog().getByRole('button', { name: 'Show the plan' }).click();
    await dialog().getByText('Would change').waitFor({ timeout: 60_000 });
    expect(await endOf(await confirm('Onboard'))).toEqual({ kind: 'onboard', status: 'completed' });
  });

  test('is refused by the app, with the fix at the field', async () => {
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    await dialog()
      .getByRole('textbox', { name: /^Client/ })
      .fill('no spaces allowed');
    await dialog().getByRole('button', { name: 'Show the plan' }).click();
    await dialog().getByText('client is not a valid name.').waitFor();
    const field = dialog().getByRole('textbox', { name: /^Client/ });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await it.page.keyboard.press('Escape');
  });

  test.each([
    ['Rotate', 'rotate', NEW, false],
    ['Recheck', 'onboard', 'press-3', false],
    ['Check', 'check', 'press-4', false],
    ['Revoke', 'revoke', 'press-5', true],
    ['Offboard', 'offboard', 'press-6', true],
  ] as const)('%s of a client is done', async (name, kind, client, isTyped) => {
    await openAction(`/clients/${keyOf(client)}`, client, name);
    expect(await endOf(await confirm(name, isTyped ? client : undefined))).toEqual({ kind, status: 'completed' });
  });

  test('rotates a client at once, whose password is compromised', async () => {
    await openAction(`/clients/${keyOf(NEW)}`, NEW, 'Rotate');
    await dialog().getByRole('checkbox').check();
    await dialog().getByText('Outage:').waitFor({ timeout: 60_000 });
    expect(await endOf(await confirm('Rotate at once', NEW))).toEqual({ kind: 'rotate', status: 'completed' });
  });

  test('cancels a run', async () => {
    stack.agents.silent.add(site().connectedRegistry);
    const id = await stack.it.app.rotate('press-7', {
      clients: [{ ...site(), client: 'press-7' }],
    });
    await openAction(`/operations/${id}`, 'press-7', 'Cancel the run');
    expect(await confirm('Cancel the run')).toBe(id);
    expect(await endOf(id)).toEqual({ kind: 'rotate', status: 'rolledBack' });
    stack.agents.repair(site());
  });

  test('pauses, resumes, cancels and retries a rollout', async () => {
    const id = await stack.rollouts.start(
      onboardingOf(clientsOf(site(), 'line', 20), { name: 'Lines', waves: { size: 2, pauseSeconds: 3600 } }),
    );
    const command = async (name: string, is: (view: { readonly status: string }) => boolean) => {
      await openAction(`/rollouts/${id}`, 'Lines', name);
      await dialog().getByRole('button', { name, exact: true }).click();
      await dialog()
        .getByText(/^The app has taken it/)
        .waitFor({ timeout: 60_000 });
      await dialog().getByRole('button', { name: 'Close', exact: true }).click();
      expect(await stack.rollouts.until(id, is)).toMatchObject({ id });
    };
    await stack.rollouts.until(id, ({ status }) => status === 'running');
    await command('Pause', ({ status }) => status === 'paused');
    await command('Resume', ({ status }) => status === 'running');
    await command('Cancel the rollout', ({ status }) => status === 'cancelled');
    await command('Retry failed', ({ status }) => status !== 'cancelled');
  });
});

describe('the function key', () => {
  test('is in no address, no body, no storage, no log', async () => {
    expect(it.requests.length).toBeGreaterThan(20);
    expect(it.requests.filter(({ url: address, body }) => `${address} ${body}`.includes(key))).toEqual([]);
    expect(it.log.filter((line) => line.includes(key))).toEqual([]);
    expect(await it.context.cookies()).toEqual([]);
    const kept = await it.page.evaluate(async () => ({
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      name: window.name,
      state: JSON.stringify(window.history.state),
    }));
    expect(kept).toEqual({ local: [], session: [], databases: [], caches: [], workers: 0, name: '', state: 'null' });
    expect(await it.page.content()).not.toContain(key);
    const { dataFolder } = stack.it.stack.ground;
    expect(readFileSync(logFile(dataFolder, 'host'), 'utf8')).not.toContain(key);
  });

  test('is gone after a reload and after signing out', async () => {
    await it.page.getByRole('button', { name: 'Sign out' }).click();
    await it.page.getByLabel('Function key').waitFor();
    expect(await it.page.getByLabel('Function key').inputValue()).toBe('');
    await it.page.getByLabel('Function key').fill(key);
    await it.page.getByRole('button', { name: 'Sign in' }).click();
    await it.page.locator('nav').waitFor();
    await it.page.reload();
    await it.page.getByLabel('Function key').waitFor();
    await signIn(it, `${url}/api/ui?again`, key);
  });
});

describe('another site', () => {
  test('gets nothing of the API, changes nothing, and does not frame the page', async () => {
    const other = await startPlainServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html><title>Elsewhere</title><iframe src="${url}/api/ui"></iframe>`);
    });
    const guest = await openPage(browser, { viewport: PHONE });
    try {
      await guest.page.goto(other.url);
      const reached = await guest.page.evaluate(
        async ([api = '', secret = '']) => {
          const tried = (init: RequestInit) =>
            fetch(`${api}/api/rotations`, { method: 'POST', body: '{}', ...init }).then(
              ({ status, type }) => `${status} ${type}`,
              String,
            );
          return {
            read: await fetch(`${api}/api/overview`, { headers: { 'x-functions-key': secret } }).then(
              ({ status }) => status,
              String,
            ),
            json: await tried({ headers: { 'content-type': 'application/json', 'x-functions-key': secret } }),
            simple: await tried({ headers: { 'content-type': 'text/plain' } }),
            opaque: await tried({ mode: 'no-cors' }),
          };
        },
        [url, key],
      );
      expect(reached).toEqual({
        read: 'TypeError: Failed to fetch',
        json: 'TypeError: Failed to fetch',
        simple: 'TypeError: Failed to fetch',
        opaque: '0 opaque',
      });
      // The refused frame shows the browser's own error page, which has nothing of the app.
      const frame = guest.page.frames().find((one) => one !== guest.page.mainFrame());
      expect(await frame?.evaluate(() => document.getElementById('page'))).toBeFalsy();
    } finally {
      await guest.context.close();
      await other.close();
    }
  });

  test('is refused by the app even if the browser sends the request', async () => {
    const headers = { 'x-functions-key': key, 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' };
    const answer = await fetch(`${url}/api/rotations`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(403);
    const page = await fetch(`${url}/api/ui`);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('the page complained about nothing, and nothing of it came from elsewhere', () => {
  expect(it.complaints).toEqual([]);
  expect(
    it.requests.filter(({ url: address }) => !address.startsWith(`${url}/api/`) && !address.startsWith('blob:')),
  ).toEqual([]);
});

test('the page is not there if a setting says so', async () => {
  await stack.it.stack.restartHost({ FLEET_PAGE: 'false' });
  for (const path of ['ui', 'ui/', 'ui/page.js']) expect((await fetch(`${url}/api/${path}`)).status).toBe(404);
  expect((await stack.it.app.get('operations')).status).toBe(200);
});
