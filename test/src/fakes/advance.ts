import { vi } from 'vitest';

/** The real one: a file's fake timers come later than its imports. */
const realImmediate = setImmediate;
/** Rounds of the event loop; a request's body takes a few of them (Node 24), which fake timers do not wait for. */
const ROUNDS = 20;
const STEP_MILLISECONDS = 1000;

async function letWorkGoOn(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise<void>((resolve) => realImmediate(resolve));
}

/**
 * Lets what has started come to where it waits for time, then lets fake time pass.
 * @param milliseconds of fake time.
 */
export async function advance(milliseconds: number): Promise<void> {
  await letWorkGoOn();
  await vi.advanceTimersByTimeAsync(milliseconds);
}

/**
 * Lets fake time pass until work has ended, however long its real reads take on a busy machine: a fixed piece of fake
 * time can be over before the work has set the timer that it ends by.
 * @param mayPass whether time may pass now; not while other work, whose reads are real, must come first
 */
export async function whileTimePasses<T>(work: Promise<T>, mayPass = () => true): Promise<T> {
  let ended = false;
  const watched = work.finally(() => (ended = true));
  watched.catch(() => undefined);
  for (;;) {
    await letWorkGoOn();
    if (ended) return watched;
    // No timer: it waits for something real.
    if (vi.getTimerCount() > 0 && mayPass()) await vi.advanceTimersByTimeAsync(STEP_MILLISECONDS);
  }
}

/** Lets what has started come to where this many timers wait, however long its real work takes before. */
export async function untilTimersWait(timers: number): Promise<void> {
  while (vi.getTimerCount() < timers) await letWorkGoOn();
}
