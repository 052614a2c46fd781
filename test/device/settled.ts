import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something holds, and says what when it does not come to that. */
export async function until(what: string, holds: () => boolean, within = 5_000): Promise<void> {
  const deadline = Date.now() + within;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${what}`);
    await delay(2);
  }
}
