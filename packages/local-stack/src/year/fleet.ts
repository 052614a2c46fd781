/** The fleet of the year: its connected registries and clients. */

/** A connected registry of the year. */
export interface PlannedRegistry {
  readonly name: string;
  /** For the table. */
  readonly what: string;
  readonly schedule?: string;
  readonly syncWindow?: string;
  readonly messageTtl: string;
  readonly parent?: string;
  /** Loses its connection upwards repeatedly. */
  readonly oftenOffline?: boolean;
}

export interface PlannedClient {
  readonly name: string;
  readonly registry: PlannedRegistry;
  /** If false, its agent learns of a promotion only by its own refresh. */
  readonly hearsPromotions: boolean;
}

/** The first one is seeded in the Azure simulator. A parent comes before its children. */
export const REGISTRIES: readonly PlannedRegistry[] = [
  { name: 'myconnectedregistry', what: 'online', messageTtl: 'P2D' },
  { name: 'nightly', what: "syncs from 1 to 4 o'clock", schedule: '0 1 * * *', syncWindow: 'PT3H', messageTtl: 'P7D' },
  { name: 'vessel', what: 'often offline', messageTtl: 'P30D', oftenOffline: true },
  { name: 'depot', what: 'online, a parent', messageTtl: 'P7D' },
  { name: 'shelf', what: 'nested below depot', messageTtl: 'P7D', parent: 'depot' },
];

/** Default number of clients of each connected registry. */
export const CLIENTS_EACH = 10;

/** Every third agent misses the promotions. */
const DEAF = 3;

/** @param each number of clients of every connected registry */
export function fleetOf(each: number): readonly PlannedClient[] {
  return REGISTRIES.flatMap((registry, place) =>
    Array.from({ length: each }, (_, index) => ({
      name: `${registry.name}-${String(index + 1).padStart(2, '0')}`,
      registry,
      hearsPromotions: (place + index) % DEAF !== 0,
    })),
  );
}
