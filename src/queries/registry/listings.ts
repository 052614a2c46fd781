import { orUndefined } from '../../serviceErrors/serviceError.js';

/** Assumed resources on a page of ARM's listings, which Azure does not document; a wrong number costs a few reads. */
const ON_A_PAGE = 100;

/** Resources by their names in lower case. */
export type ByName<T> = ReadonlyMap<string, T>;

/** Lists resources of registries, and remembers how many each listing has, which decides whether to list them again. */
interface Listings {
  /**
   * Lists resources; empty when the registry does not exist.
   *
   * @param listing the kind of resource and the registry.
   * @throws ServiceError
   */
  read<T extends { readonly name: string }>(listing: string, list: () => Promise<T[]>): Promise<ByName<T>>;
  /** Remembers that a listing has at least that many resources, by what others say of it. */
  expect(listing: string, atLeast: number): void;
  /** How many reads the listing takes; 1 if nothing is known of it. */
  pages(listing: string): number;
}

export function createListings(): Listings {
  const sizes = new Map<string, number>();
  const sizeOf = (listing: string): number => sizes.get(listing) ?? 0;
  return {
    read: async <T extends { readonly name: string }>(listing: string, list: () => Promise<T[]>) => {
      const found = await orNone(list());
      sizes.set(listing, found.length);
      return byName(found);
    },
    expect: (listing, atLeast) => void sizes.set(listing, Math.max(sizeOf(listing), atLeast)),
    pages: (listing) => Math.max(1, Math.ceil(sizeOf(listing) / ON_A_PAGE)),
  };
}

export function byName<T extends { readonly name: string }>(items: readonly T[]): ByName<T> {
  return new Map(items.map((item) => [item.name.toLowerCase(), item]));
}

/** Waits for a listing; empty when the registry does not exist. */
export async function orNone<T>(list: Promise<T[]>): Promise<T[]> {
  return (await orUndefined(list)) ?? [];
}
