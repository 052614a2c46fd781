/** Requests in a burst, and additional requests per second. */
export interface Rate {
  readonly size: number;
  readonly perSecond: number;
}
export type BucketName = 'reads' | 'writes' | 'deletes';
export interface RateLimits {
  /** Limits of one principal in the subscription. */
  readonly own: Readonly<Record<BucketName, Rate>>;
  /** Limits of all principals in the subscription together; absent if no header reported one. */
  readonly global?: Readonly<Record<BucketName, Rate>>;
}

export const RATE_LIMITS = ['smallest', 'larger', 'hourly'] as const;
export type RateLimitsName = (typeof RATE_LIMITS)[number];

/**
 * Factor of the limit of all principals over that of one (Azure docs: resource-manager request-limits-and-throttling).
 */
const TOGETHER = 15;
const times = ({ size, perSecond }: Rate, factor: number): Rate => ({
  size: size * factor,
  perSecond: perSecond * factor,
});

/** Recorded in 2025: after a first request, one less than each size remained. The refill is documented. */
const smallest = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
} as const;
/**
 * Recorded in 2026, except `reads` and the refill, which are assumptions: four times `smallest`, like the recorded sizes.
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
export const LIMITS: Readonly<Record<RateLimitsName, RateLimits>> = {
  smallest: {
    own: smallest,
    global: {
      reads: times(smallest.reads, TOGETHER),
      writes: times(smallest.writes, TOGETHER),
      deletes: times(smallest.deletes, TOGETHER),
    },
  },
  larger: {
    own: larger,
    global: {
      reads: { size: 16_500, perSecond: larger.reads.perSecond * TOGETHER },
      writes: times(larger.writes, TOGETHER),
      deletes: times(larger.deletes, TOGETHER),
    },
  },
  hourly: { own: hourly },
};
