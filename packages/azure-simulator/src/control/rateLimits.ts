/** Requests in a burst, and additional requests per second. */
export interface Rate {
  readonly size: number;
  readonly perSecond: number;
}
export type BucketName = 'reads' | 'writes' | 'deletes';
/** One rate for each kind of request. */
export type Rates = Readonly<Record<BucketName, Rate>>;
export interface RateLimits {
  /** Limits of one principal in a subscription. */
  readonly own: Rates;
  /** Limits of all principals in a subscription together; absent if no header reported one. */
  readonly global?: Rates;
}

export const RATE_LIMITS = ['smallest', 'larger', 'hourly'] as const;
/** Recorded sizes by name. */
export type RateLimitsName = (typeof RATE_LIMITS)[number];

/**
 * Factor of the limit of all principals over that of one (Azure docs: resource-manager request-limits-and-throttling).
 */
const TOGETHER = 15;
const times = ({ size, perSecond }: Rate, factor: number): Rate => ({
  size: size * factor,
  perSecond: perSecond * factor,
});
const together = ({ reads, writes, deletes }: Rates): Rates => ({
  reads: times(reads, TOGETHER),
  writes: times(writes, TOGETHER),
  deletes: times(deletes, TOGETHER),
});

/** Recorded in 2025: after a first request, one less than each size remained. The refill is documented. */
const smallest = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
} as const;
/**
 * Recorded in 2026, except `reads` and the refill, which are assumptions: four times `smallest`, like the recorded
 * sizes.
 */
const larger = {
  reads: times(smallest.reads, 4),
  writes: times(smallest.writes, 4),
  deletes: times(smallest.deletes, 4),
} as const;
/** Recorded from 2020 to 2024: the requests of an hour, refilled evenly. */
const hourly = {
  reads: { size: 12_000, perSecond: 12_000 / 3600 },
  writes: { size: 1_200, perSecond: 1_200 / 3600 },
  deletes: { size: 15_000, perSecond: 15_000 / 3600 },
} as const;

/** ARM's token buckets, which differ by subscription. Only the smallest can be relied on. */
const LIMITS: Readonly<Record<RateLimitsName, RateLimits>> = {
  smallest: { own: smallest, global: together(smallest) },
  larger: {
    own: larger,
    global: { ...together(larger), reads: { size: 16_500, perSecond: larger.reads.perSecond * TOGETHER } },
  },
  hourly: { own: hourly },
};

/**
 * The limits that a setting selects.
 *
 * @param selected recorded limits by name, or a principal's own; then all principals together have 15 times as much
 */
export function limitsOf(selected: RateLimitsName | Rates): RateLimits {
  return typeof selected === 'string' ? LIMITS[selected] : { own: selected, global: together(selected) };
}

/**
 * Key Vault: transactions per vault in 10 seconds, creations of secrets and all others apart (Azure docs: key-vault
 * service-limits).
 */
export const VAULT_LIMITS = {
  creates: { size: 300, perSecond: 30 },
  others: { size: 4000, perSecond: 400 },
} as const;
