import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds; only a test that fails takes them, so a busy machine is no reason to. */
const WITHIN = 60_000;

/** Waits until something holds, and says what when it does not come to that. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + WITHIN;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${what}`);
    await delay(2);
  }
}
