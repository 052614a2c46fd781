/** Stops the parts of a host in order, each within a time limit. */
import type { HostLog } from './log/log.js';

/** Runs each step. One that fails or takes too long is logged, and the next one follows. */
export async function endInOrder(
  steps: readonly (() => Promise<unknown>)[],
  withinMs: number,
  log: HostLog,
): Promise<void> {
  for (const step of steps) {
    try {
      await within(withinMs, step());
    } catch (error) {
      log.error(`while stopping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
}

async function within(milliseconds: number, end: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ended after ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([end, late]);
  } finally {
    clearTimeout(timer);
  }
}
