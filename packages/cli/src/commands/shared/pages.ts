import { allPages } from '../../api/allPages.js';
import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';

/** Maximum items of one page of the API. */
const PAGE = 100;
const DEFAULT_LIMIT = 100;

export const LIMIT_OPTIONS = {
  limit: { kind: 'number', value: 'N', short: 'n', help: `at most so many; the default is ${DEFAULT_LIMIT}` },
  all: { kind: 'flag', help: 'all, however many there are' },
} as const satisfies OptionSpecs;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly continuation?: string | undefined;
}

/** Reads pages until there are enough items, or no more. A page may be short or empty although more follow. */
export async function readPages<Item>(
  read: (page: { readonly top: string; readonly continuation?: string }) => Promise<Page<Item>>,
  { limit, all }: OptionValues<typeof LIMIT_OPTIONS>,
): Promise<{ readonly items: readonly Item[]; readonly notes: readonly string[] }> {
  const wanted = all ? Number.POSITIVE_INFINITY : (limit ?? DEFAULT_LIMIT);
  const items: Item[] = [];
  let isCut = false;
  const top = () => String(Math.max(1, Math.min(PAGE, wanted - items.length)));
  for await (const page of allPages((place) => read({ top: top(), ...place }))) {
    items.push(...page.items);
    isCut = page.continuation !== undefined || items.length > wanted;
    if (items.length >= wanted) break;
  }
  return {
    items: items.slice(0, wanted),
    notes: isCut ? [`There may be more: --all shows them, --limit N more than ${wanted}.`] : [],
  };
}
