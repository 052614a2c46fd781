import { beforeEach, afterEach, describe, expect, test } from 'vitest';
import { browserOfFile } from './browserOfFile.js';
import { clientOf, openRollout, operationOf, overviewOf, problem, rowsOf } from '../../shared/madeUpFleet.js';
import { fleetViews, show } from './fleetViews.js';
import { openFleet, type Opened } from './opened.js';

/** What would act if it became markup, and what would change how the text around it looks. */
const MARKUP = `<img src=x onerror="window.struck=1"><script>window.struck=1</script><a href="javascript:window.struck=1">x</a>`;
const OVERRIDE = '\u202Egnp.exe\u202C';
/** Within the names that the API allows. */
const ALLOWED = "=cmd('1');_#*?!(),@$%41.press";

const [first, second, ...others] = rowsOf(40);
if (first === undefined || second === undefined) throw new Error('The fleet has no clients.');
const hostile = {
  ...first,
  client: `${MARKUP}${OVERRIDE}`,
  registry: `${MARKUP}${OVERRIDE}`,
  connectedRegistry: `${MARKUP}cr`,
};
const rows = [hostile, { ...second, client: ALLOWED }, ...others];
const views = fleetViews(rows);

const browser = browserOfFile();
let it: Opened;
beforeEach(async () => {
  it = await openFleet(browser(), rows);
  const { api } = it.server;
  const named = { name: MARKUP, requestedBy: MARKUP, failures: { [MARKUP]: 2, __proto__: 3 } };
  const overview = overviewOf(rows);
  api.set('GET overview', () => ({
    body: {
      ...overview,
      problems: [{ code: 'clients-not-read', since: overview.asOf, message: `${MARKUP}${OVERRIDE}` }],
      rollouts: [openRollout(named)],
      connectedRegistries: overview.connectedRegistries.map((one) => ({
        ...one,
        registry: hostile.registry,
        name: `${MARKUP}cr`,
        loginServer: 'javascript:window.struck=1',
        schedule: MARKUP,
      })),
    },
  }));
  api.set('GET rollouts', () => ({ body: { rollouts: [openRollout(named)] } }));
  api.set('GET rollouts/*', () => ({ body: openRollout(named) }));
  api.set('GET clients/*', () => ({
    body: {
      ...clientOf(hostile),
      token: MARKUP,
      endpoint: 'javascript:window.struck=1',
      vault: MARKUP,
      differences: [{ code: 'endpoint', expected: MARKUP, found: OVERRIDE }],
    },
  }));
  api.set('GET operations/*', ({ parts }) => ({
    body: operationOf(hostile, {
      id: parts[1] ?? '',
      status: 'failed',
      phase: MARKUP,
      endedAt: '2026-03-02T08:59:00.000Z',
      steps: [{ name: MARKUP, status: 'failed', attempts: 1, startedAt: 'not an instant', message: MARKUP }],
      failure: { code: 'cancelled', message: `${MARKUP}${OVERRIDE}`, residue: [MARKUP], kept: [OVERRIDE] },
    }),
  }));
});
afterEach(() => it.close());

/** Whether text became something else. */
const acted = () =>
  it.page.evaluate(() => ({
    struck: Reflect.get(window, 'struck') as unknown,
    elements: document.querySelectorAll('main img, main script, dialog img, [onerror], a[href^="javascript:" i]')
      .length,
    links: [...document.querySelectorAll('a')].filter(
      ({ protocol, origin }) => protocol !== 'http:' || origin !== window.location.origin,
    ).length,
    overrides: /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
  }));
const NOTHING = { elements: 0, links: 0, overrides: false, struck: undefined };

/** Where the texts of the made-up fleet are hostile, its own are not there. */
const shown: Readonly<Record<string, string | RegExp>> = {
  '/': 'onerror',
  '/clients/:key': 'onerror',
  '/operations/:id': 'onerror',
  '/operations': 'onerror',
  '/rollouts': 'onerror',
};

describe('hostile texts', () => {
  test.each(views)('are texts in $pattern', async (view) => {
    await show(it.page, { path: view.path, shows: shown[view.pattern] ?? view.shows });
    expect(await acted()).toEqual(NOTHING);
  });

  test('of a client are texts in the list, as they are', async () => {
    await show(it.page, { path: '/clients?q=press', shows: ALLOWED });
    await show(it.page, { path: '/clients?q=onerror', shows: '<img src=x onerror="window.struck=1">' });
    expect(await acted()).toEqual(NOTHING);
  });

  test('of a plan and of a problem are texts in the dialog', async () => {
    it.server.api.set('POST onboardings', () => ({
      status: 400,
      body: problem(400, 'invalid-request', {
        title: MARKUP,
        detail: OVERRIDE,
        errors: [{ field: MARKUP, message: MARKUP, fix: MARKUP }],
      }),
    }));
    await show(it.page, { path: '/clients', shows: /^\d+ clients$/ });
    await it.page.getByRole('button', { name: 'Onboard a client' }).click();
    await it.page.getByRole('button', { name: 'Show the plan' }).click();
    await it.page.getByRole('dialog').getByText('onerror').first().waitFor();
    expect(await acted()).toEqual(NOTHING);
    it.server.api.set('POST onboardings', () => ({
      body: { problems: [], writes: [{ step: MARKUP, action: MARKUP, resource: OVERRIDE }], adopts: [MARKUP] },
    }));
    await it.page.getByRole('button', { name: 'Show the plan' }).click();
    await it.page.getByText('Would change').waitFor();
    expect(await acted()).toEqual(NOTHING);
  });
});

/** If the page's own tests could not see a violation, they would prove nothing. */
describe('the policy of the page is kept by the browser, and the tests notice', () => {
  test.each([
    [
      'script-src',
      'a module that is no file of the app',
      "import('data:text/javascript,window.struck=1').catch(() => 0)",
    ],
    [
      'style-src',
      'a style in the document',
      "document.body.append(Object.assign(document.createElement('style'), { textContent: 'p { color: red }' }))",
    ],
    ['img-src', 'a picture from elsewhere', "new Image().src = 'https://evil.example/x.png'"],
    ['connect-src', 'a request to elsewhere', "fetch('https://evil.example/').catch(() => 0)"],
    [
      'require-trusted-types-for',
      'markup from a text',
      "new Promise(() => (document.body.innerHTML = '<b>x</b>')).catch(() => 0)",
    ],
  ])('%s: %s', async (directive, _, script) => {
    await it.page.evaluate(script);
    await expect
      .poll(() => it.complaints)
      .toContainEqual(expect.stringMatching(new RegExp(`^policy: ${directive}(?:-elem)? `)));
    expect(await it.page.evaluate(() => Reflect.get(window, 'struck') as unknown)).toBeUndefined();
    it.complaints.length = 0;
  });
});

describe('a hostile address', () => {
  test.each([
    '/clients?__proto__=x&constructor=y&__proto__[polluted]=1&state=__proto__',
    '/clients?sort=__proto__&run=constructor&kind=toString',
    '/clients?sort=constructor&expires=1e9999&state=%F0%9F%92%A9',
    `/clients?q=${encodeURIComponent(MARKUP)}`,
    `/clients?registry=${encodeURIComponent(MARKUP)}&code=${encodeURIComponent(OVERRIDE)}`,
    `/${encodeURIComponent(MARKUP)}`,
    '/%E0%A4%A',
    '//evil.example/clients',
    'javascript:window.struck=1',
    `/rollouts/r0mrollout00001?state=__proto__&continuation=${encodeURIComponent(MARKUP)}`,
    '/rollouts/..%2F..%2Foverview',
  ])('%s shows a view or that there is none, and changes nothing else', async (path) => {
    await it.page.evaluate((hash) => void (window.location.hash = hash), path);
    await it.page.locator('main h1').waitFor();
    await expect.poll(() => it.page.locator('main').textContent()).not.toBe('');
    expect(await acted()).toEqual(NOTHING);
    expect(
      await it.page.evaluate(() => ({
        polluted: Reflect.get({}, 'polluted') as unknown,
        x: Object.keys(Object.prototype),
      })),
    ).toEqual({
      polluted: undefined,
      x: [],
    });
    expect(await it.page.getByText('This view could not be shown').count()).toBe(0);
    expect(it.requests.filter(({ url }) => !url.startsWith(new URL(it.server.url).origin))).toEqual([]);
    expect(new URL(it.page.url()).pathname).toBe('/api/ui');
  });
});
