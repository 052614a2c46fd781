import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { openPage, signIn, type Watched } from './browser.js';
import { NOW } from '../../shared/madeUpFleet.js';
import { fleetApi } from './fleetApi.js';
import { KEY, startPageServer, type PageServer } from './pageServer.js';

/** The page of a made-up fleet, signed in. */
export interface Opened extends Watched {
  readonly server: PageServer;
  /** @throws if the page complained, about itself or its policy */
  close(): Promise<void>;
}

/** Opens it at a time that is always the same. */
export async function openFleet(
  browser: Browser,
  rows: readonly InventoryRow[],
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const server = await startPageServer(fleetApi(rows));
  const watched = await openPage(browser, options);
  await watched.page.clock.setFixedTime(NOW);
  await signIn(watched, server.url, KEY);
  return {
    ...watched,
    server,
    async close() {
      await watched.context.close();
      await server.close();
      if (watched.complaints.length > 0) throw new Error(`The page complained:\n${watched.complaints.join('\n')}`);
    },
  };
}
