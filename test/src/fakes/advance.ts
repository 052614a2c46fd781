import { vi } from 'vitest';

/** The real one: a file's fake timers come later than its imports. */
const realImmediate = setImmediate;
/** Rounds of the event loop; a request's body takes a few of them (Node 24), which fake timers do not wait for. */
const ROUNDS = 20;

/** Lets what has started come to where it waits for time, then lets fake time pass. @param milliseconds of fake time. */
export async function advance(milliseconds: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise<void>((resolve) => realImmediate(resolve));
  await vi.advanceTimersByTimeAsync(milliseconds);
}
