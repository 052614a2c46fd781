import { setImmediate as nextRound } from 'node:timers/promises';

/** Waits until `progress` has stood still for some rounds of the event loop. */
export async function untilStill(progress: () => number): Promise<void> {
  let seen = progress();
  for (let quiet = 0; quiet < 8; quiet += 1) {
    await nextRound();
    if (progress() === seen) continue;
    seen = progress();
    quiet = -1;
  }
}
