import { afterAll, expect, vi } from 'vitest';

/**
 * Milliseconds that a test waits for what another process or a timer is to bring about, at the least. Vitest's own
 * second, or a figure that suits a quiet machine, fails on a busy one; how long something takes is for a bench to
 * judge. Whatever does come ends the wait at once, so only a test that fails takes this long.
 */
const PATIENCE = 60_000;

type Options = number | { timeout?: number; interval?: number } | undefined;

function patient(options: Options): { timeout: number; interval?: number } {
  const given = typeof options === 'number' ? { timeout: options } : (options ?? {});
  return { ...given, timeout: Math.max(PATIENCE, given.timeout ?? 0) };
}

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));
const { poll } = expect;
expect.poll = (actual, options) => poll(actual, { ...options, ...patient(options) });

// Unit test files share a process: a fake time that one of them left on would be the time of the next.
afterAll(() => void vi.useRealTimers());
