import type { InventoryPage, InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Answer, Api } from './api.js';
import { FaultError } from './fault.js';

/** All clients, as of one reading of the fleet. */
export type Inventory = readonly InventoryRow[];

interface LoadedPage {
  readonly page: InventoryPage;
  readonly etag?: string;
}

/** More pages than these are a loop: an app has at most ten times fewer clients. */
const MAX_PAGES = 100;

/** What the overview says of the inventory. */
type Announced = Pick<Overview, 'inventoryPages' | 'ageSeconds'>;

/**
 * Reads the whole inventory, page by page. Pages that the overview says are as they were read before are not asked for; of others
 * that have not changed the app answers so, and nothing else.
 */
export class InventoryReader {
  #pages = new Map<string, LoadedPage>();
  #announced: Announced | undefined;

  constructor(private readonly api: Pick<Api, 'read'>) {}

  /** Forgets what was read, as when another operator signs in. */
  clear(): void {
    this.#pages = new Map();
    this.#announced = undefined;
  }

  /** Notes what the overview says, for the next reading alone: those without news ask for every page. */
  announce(announced: Announced): void {
    this.#announced = announced;
  }

  /** @throws {FaultError} */
  readonly read = async (): Promise<Answer<Inventory>> => {
    const pages = new Map<string, LoadedPage>();
    const rows: InventoryRow[] = [];
    const announced = this.#announced;
    this.#announced = undefined;
    let ageSeconds = announced?.ageSeconds;
    let continuation: string | undefined = '';
    while (continuation !== undefined && pages.size < MAX_PAGES) {
      const known: LoadedPage | undefined = this.#pages.get(continuation);
      let loaded = known;
      if (known?.etag === undefined || known.etag !== announced?.inventoryPages?.[pages.size]) {
        const answer: Answer<InventoryPage> = await this.api.read<InventoryPage>(
          'inventory',
          { continuation: continuation === '' ? undefined : continuation },
          { etag: known?.etag },
        );
        ageSeconds = Math.max(ageSeconds ?? 0, answer.ageSeconds ?? 0);
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
    return { kind: 'value', value: rows, ...(ageSeconds === undefined ? {} : { ageSeconds }) };
  };
}

function etagOf({ etag }: { readonly etag?: string }): { readonly etag?: string } {
  return etag === undefined ? {} : { etag };
}
