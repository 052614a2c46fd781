/**
 * Whether this is the long ring, `npm run test:long`, which says so by KILLS=all. The default ring, `npm test`, has a
 * smaller choice of the same trials; the long ring has all of them (test/rings.test.ts).
 */
export const IN_LONG_RING = process.env['KILLS'] === 'all';

/** A size or a choice of trials, which differs between the rings. */
export interface ByRing<T> {
  readonly default: T;
  readonly long: T;
}

/** @returns what holds for the ring that runs. */
export function ofRing<T>(choices: ByRing<T>): T {
  return IN_LONG_RING ? choices.long : choices.default;
}
