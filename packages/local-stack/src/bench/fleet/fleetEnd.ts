import type { OnboardedFleet } from './onboardFleet.js';

/** How a fleet's onboardings ended. */
export interface FleetEnd {
  readonly completed: number;
  /** Onboardings that did not complete, by failure code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Requests of onboardings that the app answered 503, and that were repeated. */
  readonly repeated: number;
  /** When the last one ended: milliseconds since the epoch, by the app's clock. */
  readonly at: number;
}

/** Sums up onboardings that were requested one by one. */
export function fleetEnd({ ended, repeated }: OnboardedFleet): FleetEnd {
  const failures: Record<string, number> = {};
  for (const { isCompleted, code = 'unknown' } of ended) if (!isCompleted) failures[code] = (failures[code] ?? 0) + 1;
  return {
    completed: ended.filter(({ isCompleted }) => isCompleted).length,
    failures,
    repeated,
    at: Math.max(...ended.map(({ at }) => at)),
  };
}
