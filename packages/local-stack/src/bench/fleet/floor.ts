/** The shortest time in which ARM's rates allow a fleet to be onboarded. */

/** A token bucket of ARM: requests at once, and additional requests per second. */
export interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
}

/** Kinds of requests that ARM counts apart. */
export type Kind = 'reads' | 'writes' | 'deletes';

/** How many clients there are, and where. */
export interface FleetSize {
  readonly clients: number;
  readonly connectedRegistries: number;
  /** Container registries that the connected registries belong to. */
  readonly registries: number;
}

/** The floor, and the kind of requests that determines it. */
export interface Floor {
  readonly seconds: number;
  /** The kind of requests that takes longest. */
  readonly kind: Kind;
  readonly needed: number;
  readonly bucket: Bucket;
}

/**
 * ARM's published buckets of one principal in a subscription (Azure docs: resource-manager
 * request-limits-and-throttling).
 */
const PUBLISHED: Readonly<Record<Kind, Bucket>> = {
  reads: { burst: 250, perSecond: 25 },
  writes: { burst: 200, perSecond: 10 },
  deletes: { burst: 200, perSecond: 10 },
};

/** Factor of the limit of all principals of a subscription over that of one (the same document). */
const MAX_PRINCIPALS = 15;

/**
 * The minimum number of requests that onboard a fleet. Writes: a client's token and its password, one shared scope map
 * for each registry, one client list for each connected registry. Reads: each connected registry once. Whether a
 * client's token exists may be read from a list, and the end of its creation need not be polled.
 */
export function neededRequests({ clients, connectedRegistries, registries }: FleetSize): Record<Kind, number> {
  return { reads: connectedRegistries, writes: 2 * clients + registries + connectedRegistries, deletes: 0 };
}

/**
 * The buckets of several principals together; ARM grants a subscription at most 15 times one principal's.
 *
 * @param slower divisor of the published limits
 */
export function bucketsOf(identities: number, slower = 1): Record<Kind, Bucket> {
  const factor = Math.min(identities, MAX_PRINCIPALS) / slower;
  const of = ({ burst, perSecond }: Bucket): Bucket => ({ burst: burst * factor, perSecond: perSecond * factor });
  return { reads: of(PUBLISHED.reads), writes: of(PUBLISHED.writes), deletes: of(PUBLISHED.deletes) };
}

/** (needed - burst) / rate of the kind that takes longest; 0 seconds if everything fits into the bursts. */
export function floorOf(needed: Readonly<Record<Kind, number>>, buckets: Readonly<Record<Kind, Bucket>>): Floor {
  const floors = (['writes', 'reads', 'deletes'] as const).map((kind): Floor => {
    const bucket = buckets[kind];
    const seconds = Math.max(0, (needed[kind] - bucket.burst) / bucket.perSecond);
    return { seconds, kind, needed: needed[kind], bucket };
  });
  return floors.reduce((longest, one) => (one.seconds > longest.seconds ? one : longest));
}

/** How many times the floor it took; undefined without a floor, when every request fits into a burst. */
export function ratioOf(seconds: number, floor: Pick<Floor, 'seconds'>): number | undefined {
  return floor.seconds > 0 ? seconds / floor.seconds : undefined;
}
