import { setTimeout as sleep } from 'node:timers/promises';
import { quietPause } from '@connected-registry/protocol/requests/quietPause';
import { inventoryPage, overview } from '@connected-registry/protocol/answers/fleetAnswers';

/** What pages have asked and got. */
export interface Served {
  requests: number;
  notModified: number;
  bytes: number;
  /** Answers that are neither 200 nor 304. */
  failed: number;
}

interface App {
  readonly url: string;
  readonly key: string;
}

/** What a page knows of an address. */
interface Known {
  readonly etag: string;
  readonly body: unknown;
}

/**
 * One page, as the fleet page asks: the overview again and again, and those pages of the inventory that the overview
 * says have changed. Each request has the ETag of what the page has.
 */
export class OpenPage {
  readonly #known = new Map<string, Known>();
  #inventory: string | undefined;
  /** Answers with something new. */
  changes = 0;

  constructor(
    private readonly app: App,
    private readonly served: Served,
  ) {}

  /**
   * One round of requests.
   * @returns the number of clients that the page shows; undefined if the app has not read them yet
   */
  async look(): Promise<number | undefined> {
    const found = await this.#get('/api/overview');
    if (found === undefined) return undefined;
    const { inventory, inventoryPages, clients } = overview.parse(found);
    if (inventory === this.#inventory) return clients.total;
    let continuation: string | undefined;
    let rows = 0;
    let number = 0;
    do {
      const query = continuation === undefined ? '' : `?continuation=${encodeURIComponent(continuation)}`;
      const path = `/api/inventory${query}`;
      const known = this.#known.get(path);
      const isKnown = known !== undefined && known.etag === inventoryPages?.[number];
      const page = isKnown ? known.body : await this.#get(path);
      number += 1;
      if (page === undefined) return undefined;
      const parsed = inventoryPage.parse(page);
      rows += parsed.clients.length;
      ({ continuation } = parsed);
    } while (continuation !== undefined);
    this.#inventory = inventory;
    return rows;
  }

  async #get(path: string): Promise<unknown> {
    const known = this.#known.get(path);
    const answer = await fetch(`${this.app.url}${path}`, {
      headers: { 'x-functions-key': this.app.key, ...(known ? { 'if-none-match': known.etag } : {}) },
    });
    const text = await answer.text();
    this.served.requests += 1;
    this.served.bytes += text.length;
    if (answer.status === 304) {
      this.served.notModified += 1;
      return known?.body;
    }
    if (answer.status !== 200) {
      this.served.failed += 1;
      return undefined;
    }
    this.changes += 1;
    const body: unknown = JSON.parse(text);
    this.#known.set(path, { etag: answer.headers.get('etag') ?? '', body });
    return body;
  }
}

/** Opens pages, each of which loads the whole fleet. @param served counts what they ask */
export async function openPages(app: App, count: number, served: Served): Promise<OpenPage[]> {
  const pages = Array.from({ length: count }, () => new OpenPage(app, served));
  for (const page of pages) await page.look();
  return pages;
}

/**
 * Keeps pages open for some time, each at its own moments.
 *
 * @param every seconds between two rounds of a page while it has news; longer while nothing changes
 */
export async function keepOpen(pages: readonly OpenPage[], every: number, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const keep = async (page: OpenPage, nth: number): Promise<void> => {
    await sleep((nth / pages.length) * every * 1000);
    let unchanged = 0;
    while (performance.now() < until) {
      const { changes } = page;
      await page.look();
      unchanged = page.changes === changes ? unchanged + 1 : 0;
      await sleep(quietPause(every, unchanged) * 1000);
    }
  };
  await Promise.all(pages.map(keep));
}

export function nothingServed(): Served {
  return { requests: 0, notModified: 0, bytes: 0, failed: 0 };
}
