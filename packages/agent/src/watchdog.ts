/** Aborts its signal when nothing was heard for a while, or when the whole operation ends. */
export interface Watchdog {
  signal: AbortSignal;
  /** Restarts the time limit after activity. */
  heard(): void;
  /**
   * Waits for work, and rejects at the time limit even if the work has not noticed. This bounds the wait whatever a
   * peer or library does.
   */
  wait<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

export function createWatchdog(milliseconds: number, whole: AbortSignal): Watchdog {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
  const timer = setTimeout(end, milliseconds);
  whole.addEventListener('abort', end, { once: true });
  if (whole.aborted) end();
  return {
    signal,
    heard: () => void timer.refresh(),
    wait: (work) => untilEnd(work, signal),
    stop() {
      clearTimeout(timer);
      whole.removeEventListener('abort', end);
    },
  };
}

/**
 * Runs work with a time limit. The work receives a signal that is aborted at the limit.
 * @throws at the limit
 */
export async function within<T>(
  milliseconds: number,
  whole: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watchdog = createWatchdog(milliseconds, whole);
  try {
    return await watchdog.wait(work(watchdog.signal));
  } finally {
    watchdog.stop();
  }
}

function untilEnd<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
