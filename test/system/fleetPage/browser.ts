import { execFileSync } from 'node:child_process';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';

/** A window of a phone, and one of a desk. */
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

/** @throws with what to install; a test that skips proves nothing */
export function chromiumPath(): string {
  try {
    return execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error(
      'Chromium is not installed: the tests of the fleet page need it. apt-get install -y --no-install-recommends chromium',
    );
  }
}

/** Debian's Chromium. As root it has no sandbox of its own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      // Letters look the same on every machine.
      '--font-render-hinting=none',
      '--disable-lcd-text',
      '--force-color-profile=srgb',
    ],
  });
}

/** A page whose complaints are kept. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in its console or of its script, and violations of its content security policy. */
  readonly complaints: string[];
  /** Everything that its console said. */
  readonly log: string[];
  /** The body of every request, and its address; not its headers. */
  readonly requests: { readonly method: string; readonly url: string; readonly body: string }[];
}

/** What Chromium itself writes for every answer that is no success: the page shows those in words. */
const ANSWER_WITHOUT_SUCCESS = /^Failed to load resource: /;

/** Opens an empty page in a context of its own, which shares nothing with others. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({
    viewport: DESK,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    colorScheme: 'light',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const log: string[] = [];
  const requests: Watched['requests'] = [];
  await page.exposeFunction('noteViolation', (text: string) => complaints.push(`policy: ${text}`));
  await page.addInitScript(noteViolations);
  page.on('console', (message) => {
    log.push(message.text());
    if (message.type() === 'error' && !ANSWER_WITHOUT_SUCCESS.test(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('request', (request) =>
    requests.push({ method: request.method(), url: request.url(), body: request.postData() ?? '' }),
  );
  return { page, context, complaints, log, requests };
}

/** Runs in the page. */
function noteViolations(): void {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    const note: unknown = Reflect.get(window, 'noteViolation');
    if (typeof note === 'function') note(`${violatedDirective} ${blockedURI} ${sample}`);
  });
}

/** Waits until something is there. @returns true @throws with what was looked for, if it does not come */
export async function appears(what: Locator): Promise<boolean> {
  await what.waitFor();
  return true;
}

/** Types the function key into the page's own form. */
export async function signIn({ page }: Watched, url: string, key: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Function key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('nav').waitFor();
}
