import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Page } from 'playwright-core';

/** A view as an address opens it. */
export interface ShownView {
  /** As the page's sources have it. */
  readonly pattern: string;
  readonly path: string;
  /** A text that is there once what it shows has been read. */
  readonly shows: string | RegExp;
}

/** Every view, of a fleet of these clients. */
export function fleetViews([row]: readonly InventoryRow[]): ShownView[] {
  const key = row?.key ?? '';
  return [
    { pattern: '/', path: '/', shows: 'Line firmware 7' },
    { pattern: '/clients', path: '/clients', shows: /^\d+ clients$/ },
    { pattern: '/clients/:key', path: `/clients/${key}`, shows: 'line-scopemap' },
    { pattern: '/operations', path: '/operations', shows: row?.client ?? '' },
    { pattern: '/operations/:id', path: `/operations/${key}.0mrun00000000`, shows: 'the device has not reported yet' },
    { pattern: '/registries', path: '/registries', shows: 'the registry in the cloud' },
    {
      pattern: '/registries/:registry',
      path: `/registries/${encodeURIComponent(row?.registry ?? '')}`,
      shows: 'Sync paths',
    },
    { pattern: '/schedule', path: '/schedule', shows: /rotation/i },
    { pattern: '/rollouts', path: '/rollouts', shows: 'Line firmware 7' },
    { pattern: '/rollouts/:id', path: '/rollouts/r0mrollout00001', shows: 'Clients of the rollout' },
  ];
}

/** Goes there as a link does, and waits until it is there. */
export async function show(page: Page, { path, shows }: Pick<ShownView, 'path' | 'shows'>): Promise<void> {
  await page.evaluate((hash) => void (window.location.hash = hash), path);
  await page.locator('main').getByText(shows).filter({ visible: true }).first().waitFor();
}
