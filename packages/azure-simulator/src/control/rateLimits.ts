/** How many requests in a burst, and how many more each second. */
export interface Rate {
  readonly size: number;
  readonly perSecond: number;
}
export type BucketName = 'reads' | 'writes' | 'deletes';
export interface RateLimits {
  /** Of a principal in the subscription. */
  readonly own: Readonly<Record<BucketName, Rate>>;
  /** Of all principals in the subscription together; none where no header told of one. */
  readonly global?: Readonly<Record<BucketName, Rate>>;
}

export const RATE_LIMITS = ['smallest', 'larger', 'hourly'] as const;
export type RateLimitsName = (typeof RATE_LIMITS)[number];

/** How much more all principals have than one (Azure docs: resource-manager request-limits-and-throttling). */
const TOGETHER = 15;
const times = ({ size, perSecond }: Rate, factor: number): Rate => ({
  size: size * factor,
  perSecond: perSecond * factor,
});

/** Recorded 2025: one less of each was left after a first request. Refills as documented. */
const smallest = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
} as const;
/** Recorded 2026, but for `reads`, which were not; refilled four times as fast, as the sizes are four times as large. */
const larger = {
  reads: times(smallest.reads, 4),
  writes: times(smallest.writes, 4),
  deletes: times(smallest.deletes, 4),
} as const;
/** Recorded 2020 to 2024: what an hour has, evenly. */
const hourly = {
  reads: { size: 12_000, perSecond: 12_000 / 3600 },
  writes: { size: 1_200, perSecond: 1_200 / 3600 },
  deletes: { size: 15_000, perSecond: 15_000 / 3600 },
} as const;

/** ARM's token buckets, which differ by subscription: nobody may count on more than the smallest. */
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
