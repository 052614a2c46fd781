import type { ByRing } from '../harness/ring.js';

const first = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

/**
 * Seeds of random schedules. The default ring plays one of each, chosen so that everything that can happen does:
 * duplicate events, a request, a cancel, a kill, a foreign write of the list, a foreign token; in the mixed one both
 * rotations, an offboarding and a revocation, and each kind of last request.
 */
export const SEEDS = {
  onboardings: { default: [14], long: first(200) },
  mixed: { default: [62], long: first(100) },
} satisfies Record<string, ByRing<readonly number[]>>;
