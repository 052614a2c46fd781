import type { InventoryPage, InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Answer, Api } from './api.js';
import { FaultError } from './fault.js';
import type { Polled, Polling, PollWorld } from './polled.js';

/** All clients, as of one reading of the fleet. */
export type Inventory = readonly InventoryRow[];

interface LoadedPage {
  readonly page: InventoryPage;
  readonly etag?: string;
}

/** More pages than these are a loop: an app has at most ten times fewer clients. */
const MAX_PAGES = 100;

/** Milliseconds after which what the overview said of the pages is too old to leave any out. */
const ANNOUNCED_FOR = 30_000;

/** What the overview says of the inventory. While the app is updated, an instance that names no pages may answer. */
type InventoryNews = Pick<Overview, 'inventory'> & Partial<Pick<Overview, 'inventoryPages'>>;

/** The pages that the overview named, when they were so, and when it said so. */
interface Announced {
  readonly pages: readonly string[];
  readonly readAt: number;
  readonly answeredAt: number;
}

/**
 * Reads the whole inventory, page by page. Pages that the overview says are as they were read before are not asked for;
 * of others that have not changed the app answers so, and nothing else.
 */
export class InventoryReader {
  #pages = new Map<string, LoadedPage>();
  #announced: Announced | undefined;

  constructor(
    private readonly api: Pick<Api, 'read'>,
    private readonly world: Pick<PollWorld, 'now'>,
  ) {}

  /** Forgets what was read, as when another operator signs in. */
  clear(): void {
    this.#pages = new Map();
    this.#announced = undefined;
  }

  /**
   * Has the inventory read again if the overview says that it has changed. The pages that the overview names are noted
   * only for the reading that this starts. A regular reading, and one after an action, asks for every page.
   */
  follow(
    inventory: Pick<Polled<Inventory>, 'refreshFor'>,
    { value, readAt, answeredAt }: Polling<InventoryNews>,
  ): void {
    if (value === undefined || !inventory.refreshFor(value.inventory)) return;
    const { inventoryPages: pages } = value;
    const isKnown = pages !== undefined && readAt !== undefined && answeredAt !== undefined;
    this.#announced = isKnown ? { pages, readAt, answeredAt } : undefined;
  }

  /** @throws {FaultError} */
  readonly read = async (): Promise<Answer<Inventory>> => {
    const pages = new Map<string, LoadedPage>();
    const rows: InventoryRow[] = [];
    const announced = this.#takeAnnounced();
    let readAt = Number.POSITIVE_INFINITY;
    let continuation: string | undefined = '';
    while (continuation !== undefined && pages.size < MAX_PAGES) {
      const known: LoadedPage | undefined = this.#pages.get(continuation);
      let loaded = known;
      if (known?.etag !== undefined && known.etag === announced?.pages[pages.size])
        readAt = Math.min(readAt, announced.readAt);
      else {
        const answer: Answer<InventoryPage> = await this.api.read<InventoryPage>(
          'inventory',
          { continuation: continuation === '' ? undefined : continuation },
          { etag: known?.etag },
        );
        readAt = Math.min(readAt, this.world.now() - (answer.ageSeconds ?? 0) * 1000);
        if (answer.kind === 'value') loaded = { page: answer.value, ...etagOf(answer) };
      }
      if (loaded === undefined) break;
      pages.set(continuation, loaded);
      for (const row of loaded.page.clients) rows.push(row);
      continuation = loaded.page.continuation;
      // What answers would be asked without end.
      if (continuation !== undefined && pages.has(continuation))
        throw new FaultError({ kind: 'unexpected', status: 200 });
    }
    this.#pages = pages;
    return { kind: 'value', value: rows, ageSeconds: Math.max(0, (this.world.now() - readAt) / 1000) };
  };

  #takeAnnounced(): Announced | undefined {
    const announced = this.#announced;
    this.#announced = undefined;
    const isFresh = announced !== undefined && this.world.now() - announced.answeredAt <= ANNOUNCED_FOR;
    return isFresh ? announced : undefined;
  }
}

function etagOf({ etag }: { readonly etag?: string }): { readonly etag?: string } {
  return etag === undefined ? {} : { etag };
}
