import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe-core is not the page's: it is not bound to the page's policy, which other tests keep. */
export const WITH_AXE = { bypassCSP: true } as const satisfies BrowserContextOptions;

/** What axe-core finds that keeps somebody from using the page. The page's context has {@link WITH_AXE}. */
export async function barriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>(
    'window.axe.run(document, { resultTypes: ["violations"], preload: false })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    );
}

/** By how many pixels what is shown is wider than the window or, if there is one, than its dialog. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => {
    const over = (element: Element) => element.scrollWidth - element.clientWidth;
    const dialogs = [...document.querySelectorAll('dialog[open]')];
    const beyond = dialogs.map((dialog) => dialog.getBoundingClientRect().right - window.innerWidth);
    return Math.max(...[document.documentElement, ...dialogs].map(over), ...beyond, 0);
  });
}
